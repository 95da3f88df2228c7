import type { SessionView } from '@elida/contracts/api';
import { describe, expect, test } from 'vitest';
import { sessionTable } from '../commands/sessions-list.ts';
import { drawTree } from '../commands/sessions-tree.ts';
import { line } from '../commands/sessions-watch.ts';
import { announce } from '../standalone/announce.ts';
import { createScreen } from './screen.ts';
import { printBytes, printDuration } from './wording.ts';

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
    ...over,
  }) as SessionView;

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

  test('cannot drive the terminal, in a table, a tree or the live lines', () => {
    const { face } = screen();
    const shown = [
      sessionTable(face, [session({ agent: evil })]),
      drawTree(face, 'ses_a', [session({ agent: evil })]),
      line(
        face,
        { id: '1', topic: 'sessions', data: { ...session({ display_name: evil }) } },
        '2026-08-03T14:00:00.000Z',
      ),
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const text of shown) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(shown[2]?.split('\n')).toHaveLength(1);
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
    'SESSION  STATE   NAME  AGENT  BACKEND  REQS  IN/OUT  AGE   IDLE',
    'ses_a    active  n            b        1     0/2.0K  1m1s  5ms',
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

test('sizes and times read at a glance', () => {
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
  });
});
