import type { SessionView, ViolationView } from '@elida/contracts/api';
import { describe, expect, test } from 'vitest';
import { printRisk, sessionTable } from '../commands/sessions-list.ts';
import { drawTree } from '../commands/sessions-tree.ts';
import { line } from '../commands/sessions-watch.ts';
import { violationTable } from '../commands/violations-list.ts';
import { announce } from '../standalone/announce.ts';
import { createScreen } from './screen.ts';
import { printBytes, printCount, printDuration } from './wording.ts';

function screen(options: { json?: boolean; tty?: boolean; noColor?: boolean } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const face = createScreen(options.json === true, {
    out: { write: (text) => out.push(text), isTTY: options.tty === true },
    err: { write: (text) => err.push(text) },
    in: { isTTY: options.tty === true },
    noColor: options.noColor === true,
  });
  return { face, out, err };
}

const session = (over: Partial<SessionView>): SessionView =>
  ({
    id: 'ses_a',
    state: 'active',
    display_name: 'n',
    agent: '',
    backend: 'b',
    requests: 1,
    bytes_in: 0,
    bytes_out: 2_048,
    duration_ms: 61_000,
    idle_ms: 5,
    parent: null,
    tokens: { input: 15_000, output: 800 },
    risk: { score: 29, action: 'throttle', enforced: true, half_life_ms: 0 },
    ...over,
  }) as SessionView;

const violation = (over: Partial<ViolationView>): ViolationView =>
  ({
    at: '2026-08-03T14:00:00.000Z',
    effective_severity: 'critical',
    rule_name: 'prompt_injection_ignore',
    session: 'ses_a',
    source_role: 'user',
    message_index: 2,
    action: 'block',
    enforced: true,
    points: 10,
    matched_text: 'ignore previous',
    value: null,
    ...over,
  }) as ViolationView;

describe('colours', () => {
  test('only where a person looks and has not forbidden them', () => {
    expect(screen({ tty: true }).face.paint('red', 'x')).toContain('\u001b[31m');
    for (const options of [{}, { tty: true, noColor: true }, { tty: true, json: true }]) {
      expect(screen(options).face.paint('red', 'x')).toBe('x');
    }
  });
});

describe('what clients say of themselves', () => {
  const evil = 'a\u001b]0;owned\u0007\u001b[2Jb\u202e\nc';

  test('cannot drive the terminal, in a table, a tree, the live lines or a violation', () => {
    const { face } = screen();
    const shown = [
      sessionTable(face, [session({ agent: evil })]),
      drawTree(face, 'ses_a', [session({ agent: evil })]),
      violationTable(face, [violation({ matched_text: evil, rule_name: evil })]),
      line(
        face,
        { id: '1', topic: 'sessions', data: { ...session({ display_name: evil }) } },
        '2026-08-03T14:00:00.000Z',
      ),
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const text of shown) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(shown[3]?.split('\n')).toHaveLength(1);
  });
});

test('a table for people, one JSON line for programs, remarks for people only', () => {
  const people = screen();
  people.face.note('remark');
  people.face.result({ a: 1 }, () => 'text');
  expect([people.out, people.err]).toEqual([['text\n'], ['remark\n']]);
  const programs = screen({ json: true });
  programs.face.note('remark');
  programs.face.result({ a: 1 }, () => 'text');
  expect([programs.out, programs.err]).toEqual([['{"a":1}\n'], []]);
});

test('the session table has no frame and says when it is empty', () => {
  const { face } = screen();
  expect(sessionTable(face, [])).toBe('none');
  expect(sessionTable(face, [session({})]).split('\n')).toEqual([
    'SESSION  STATE   NAME  AGENT  BACKEND  REQS  IN/OUT  TOKENS     RISK           AGE   IDLE',
    'ses_a    active  n            b        1     0/2.0K  15.0k/800  29.0 throttle  1m1s  5ms',
  ]);
});

test('what an auditing policy would do is in brackets; without a score there is nothing to say', () => {
  const risk = { score: 40, action: 'block', enforced: false, half_life_ms: 0 } as const;
  expect([printRisk(risk), printRisk({ ...risk, action: 'none' }), printRisk({ ...risk, score: 0 })]).toEqual([
    '40.0 (block)',
    '40.0',
    '-',
  ]);
});

test('violations say whose words, where, what was asked for and what was added', () => {
  const { face } = screen();
  const counter = {
    source_role: 'session',
    message_index: -1,
    matched_text: '',
    value: 501,
    enforced: false,
    points: 0,
  };
  expect(
    violationTable(face, [violation({}), violation(counter)])
      .split('\n')
      .slice(1),
  ).toEqual([
    '2026-08-03 14:00:00Z  critical  prompt_injection_ignore  ses_a    user #2  block    10.0    ignore previous',
    '2026-08-03 14:00:00Z  critical  prompt_injection_ignore  ses_a    session  (block)  -       501',
  ]);
});

test('a tree shows each session once, even where parents go round in a circle', () => {
  const { face } = screen();
  const drawn = drawTree(face, 'ses_a', [
    session({ id: 'ses_a', parent: 'ses_c' }),
    session({ id: 'ses_b', parent: 'ses_a' }),
    session({ id: 'ses_c', parent: 'ses_b' }),
    session({ id: 'ses_d', parent: 'ses_a' }),
  ]);
  expect(drawn.split('\n').map((text) => text.split('  active')[0])).toEqual([
    'ses_a',
    '├─ ses_b',
    '│  └─ ses_c',
    '└─ ses_d',
  ]);
});

test('sizes, counts and times read at a glance', () => {
  expect([0, 999, 1_000, 12_345, 99_949, 99_999, 999_700, 5e9].map(printCount)).toEqual([
    '0',
    '999',
    '1.0k',
    '12.3k',
    '99.9k',
    '100k',
    '1.0M',
    '5.0G',
  ]);
  expect([0, 999, 1_024, 1_536, 150_000, 5e9].map(printBytes)).toEqual(['0', '999', '1.0K', '1.5K', '146K', '4.7G']);
  expect([0, 999, 1_000, 61_000, 3_725_000, 90_000_000, 86_400_000].map(printDuration)).toEqual([
    '0ms',
    '999ms',
    '1s',
    '1m1s',
    '1h2m',
    '1d1h',
    '1d',
  ]);
});

describe('standalone, when it is ready', () => {
  const ready = {
    version: '1.2.3',
    proxy: 'http://127.0.0.1:1',
    control: 'http://127.0.0.1:2',
    metrics: 'http://127.0.0.1:3',
    pid: 4,
    dataDir: '/d',
    configPath: undefined,
    demo: true,
    policies: [],
    command: 'npx elida',
  };

  test('says exactly the fixed line with --json', () => {
    const { face, out } = screen({ json: true });
    announce(face, ready);
    expect(out).toEqual([
      '{"ready":true,"version":"1.2.3","proxy":"http://127.0.0.1:1","control":"http://127.0.0.1:2","metrics":"http://127.0.0.1:3","pid":4}\n',
    ]);
  });

  test('shows people base URLs, the console and how to kill a session', () => {
    const { face, out } = screen();
    announce(face, ready);
    const text = out.join('');
    expect(text).toContain('export ANTHROPIC_BASE_URL=http://127.0.0.1:1 OPENAI_BASE_URL=http://127.0.0.1:1/v1');
    expect(text).toContain('codex -c openai_base_url=http://127.0.0.1:1/v1');
    expect(text).toContain('http://127.0.0.1:2');
    expect(text).toContain('npx elida sessions kill <id>');
    expect(text).toContain('nothing is inspected');
  });
});
