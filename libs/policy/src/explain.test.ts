import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import type { Segment } from './evaluate.ts';
import { createExplainer, type ExplainInput } from './explain.ts';
import { scanEngine } from './scan-engine.ts';

const DOCUMENT = {
  rules: [
    {
      name: 'secret',
      type: 'content_match',
      patterns: ['the secret', 'hidden'],
      action: 'redact',
      severity: 'warning',
    },
    { name: 'attack', type: 'content_match', patterns: ['attack now'], action: 'block', severity: 'critical' },
    { name: 'assault', type: 'content_match', patterns: ['now'], action: 'block', severity: 'info' },
    { name: 'watched', type: 'content_match', patterns: ['please'], observe: true },
    { name: 'tags', type: 'unicode', characters: ['zero_width'], threshold: 2 },
    { name: 'many', type: 'metric', metric: 'request_count', threshold: 5 },
    {
      name: 'shell',
      type: 'tool',
      tools: ['bash'],
      arguments: [{ path: '$.command', operator: 'contains', value: 'rm' }],
    },
    { name: 'models', type: 'model', allow: ['gpt-*'] },
  ],
};

function explain(input: ExplainInput, more: object = {}) {
  const compiled = compilePolicy({ ...DOCUMENT, ...more }, { engine: scanEngine });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return createExplainer(compiled.policy, scanEngine)(input);
}

const said = (text: string, role: Segment['role'] = 'user', message = 0): Segment => ({
  side: 'request',
  role,
  kind: 'text',
  text,
  message,
  place: `messages.${message}`,
});
const segments = [said('Attack NOW, the secret is hidden'), said('please', 'tool', 1)];

describe('an explanation', () => {
  it('names what decides, what it beats, and what would do the same', () => {
    const { decision, because, findings } = explain({ segments });
    expect(decision).toEqual({ action: 'block', would: 'block', rule: 'attack' });
    expect(because.slice(0, 3)).toEqual([
      'attack decides: block',
      'block is stronger than secret (redact), watched (observes)',
      'assault would do the same; the first to fire is named',
    ]);
    expect(findings.filter(({ decides }) => decides).map(({ rule }) => rule)).toEqual(['attack']);
  });

  it('shows each match with its pattern and its offsets in the text', () => {
    const secret = explain({ segments }).findings.find(({ rule }) => rule === 'secret');
    expect(secret?.matches).toEqual([
      { text: 'the secret', start: 12, end: 22, pattern: 'the secret' },
      { text: 'hidden', start: 26, end: 32, pattern: 'hidden' },
    ]);
    expect(secret?.why).toBe('2 matches in the words of the user: "the secret"; warning 3 × user 1 = 3 points');
  });

  it('weighs who spoke, adds it up, and says where the ladder stands', () => {
    const { ladder, because, findings } = explain({ segments, score: 3 });
    expect(findings.map(({ rule, points }) => [rule, points])).toEqual([
      ['attack', 10],
      ['assault', 1],
      ['secret', 3],
      ['watched', 0],
    ]);
    expect(ladder).toMatchObject({ before: 3, after: 17, threshold: 15, action: 'throttle', enforced: true });
    expect(because.at(-1)).toBe('the risk score goes from 3 by 14 to 17, at 15 or more: throttle');
    const assistant = explain({ segments: [said('the secret', 'assistant')] }).findings[0];
    expect(assistant).toMatchObject({ effective_severity: 'info', role_weight: 0.2 });
    expect(assistant?.points).toBeCloseTo(0.6);
  });

  it('in audit mode says what enforcing would have done', () => {
    const { decision, because, ladder } = explain({ segments }, { mode: 'audit' });
    expect(decision).toEqual({ action: 'flag', would: 'block', rule: 'attack' });
    expect(because).toContain('audit mode: block is only recorded');
    expect(ladder?.enforced).toBe(false);
  });

  it('of a policy that is off says only that', () => {
    const off = explain({ segments }, { mode: 'off' });
    expect(off).toMatchObject({ decision: { action: 'allow', rule: null }, findings: [], ladder: null });
    expect(off.because).toEqual(['the policy is off: no rule is looked at']);
  });

  it('knows counters, characters, calls and models', () => {
    const { findings } = explain({
      segments: [said('a\u200Bb\u200Bc')],
      metrics: { request_count: 6 },
      toolCalls: [{ id: 'call_1', name: 'bash', arguments: { command: 'rm -rf /' } }],
      model: 'claude-4',
    });
    expect(findings.map(({ rule, why }) => [rule, why.split(';')[0]])).toEqual([
      ['tags', '2 hidden characters (zero_width), 2 are enough'],
      ['shell', 'tool_call:call_1: a tool that it names, with arguments that it means'],
      ['models', 'the model is not among those allowed, or among those blocked'],
      ['many', 'request_count is 6, > 5'],
    ]);
  });

  it('of text that no rule means: allowed', () => {
    expect(explain({ segments: [said('good morning')] })).toMatchObject({
      decision: { action: 'allow', would: 'allow', rule: null },
      because: ['no rule fired: allowed', 'the risk score goes from 0 by 0 to 0, below every threshold'],
    });
  });

  it('a text in two segments of one message: it adds once', () => {
    const twice = explain({ segments: [said('the secret'), { ...said('hidden'), place: 'messages.0.1' }] });
    expect(twice.findings.map(({ points, matches }) => [points, matches[0]?.text])).toEqual([
      [3, 'the secret'],
      [0, 'hidden'],
    ]);
  });
});
