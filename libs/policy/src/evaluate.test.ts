import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { createEvaluator, type Evaluator, type Segment } from './evaluate.ts';
import { globMatches } from './glob.ts';
import { parsePath, valuesAt } from './json-path.ts';
import { scanEngine } from './scan-engine.ts';

function evaluatorOf(document: unknown): Evaluator {
  const compiled = compilePolicy(document, { engine: scanEngine });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return createEvaluator(compiled.policy, scanEngine);
}

const segment = (over: Partial<Segment> = {}): Segment => ({
  side: 'request',
  role: 'user',
  kind: 'text',
  text: '',
  message: 0,
  place: '/messages/0/content',
  ...over,
});

const secret = { name: 'secret', type: 'content_match', patterns: ['secret', 'hidden'], severity: 'critical' };

describe('findings', () => {
  it('one a rule and message, however often it matches there and in how many parts', () => {
    const { findings } = evaluatorOf({ rules: [secret] }).evaluate({
      segments: [
        segment({ text: 'secret secret hidden' }),
        segment({ text: 'secret', place: '/messages/0/content/1' }),
        segment({ text: 'hidden', message: 1 }),
      ],
    });
    expect(findings.map(({ message, hits, spans }) => ({ message, hits, spans }))).toEqual([
      { message: 0, hits: 3, spans: [{ start: 0, end: 6 }] },
      { message: 1, hits: 1, spans: [{ start: 0, end: 6 }] },
    ]);
  });

  it('a redaction knows every span in every part, and adds once', () => {
    const { findings } = evaluatorOf({ rules: [{ ...secret, action: 'redact' }] }).evaluate({
      segments: [segment({ text: 'secret or hidden' }), segment({ text: 'hidden', place: 'b' })],
    });
    expect(findings.map(({ spans }) => spans)).toEqual([
      [
        { start: 0, end: 6 },
        { start: 10, end: 16 },
      ],
      [{ start: 0, end: 6 }],
    ]);
    expect(findings.map(({ points }) => points)).toEqual([10, 0]);
  });

  it('offsets are those of the original text', () => {
    const { findings } = evaluatorOf({ rules: [secret] }).evaluate({
      segments: [segment({ text: 'a s\u200bEcret!' })],
    });
    expect(findings[0]?.spans).toEqual([{ start: 2, end: 9 }]);
  });

  it.each([
    ['user', 'text', 'user', 10, 'critical'],
    ['user', 'tool_result', 'tool', 8, 'critical'],
    ['assistant', 'text', 'assistant', 2, 'warning'],
    ['developer', 'text', 'system', 1, 'info'],
    ['user', 'tool_definition', 'system', 1, 'info'],
  ] as const)('words of %s (%s) are those of the %s and weigh %d', (role, kind, effective, points, severity) => {
    const { findings } = evaluatorOf({ rules: [secret] }).evaluate({
      segments: [segment({ role, kind, text: 'secret' })],
    });
    expect(findings).toMatchObject([{ role: effective, points, effectiveSeverity: severity }]);
  });

  it('a rule reads its own side and roles only', () => {
    const { evaluate } = evaluatorOf({ rules: [{ ...secret, target: 'request', roles: ['tool'] }] });
    const count = (over: Partial<Segment>): number =>
      evaluate({ segments: [segment({ text: 'secret', ...over })] }).findings.length;
    expect([count({}), count({ role: 'tool' }), count({ role: 'tool', side: 'response' })]).toEqual([0, 1, 0]);
  });

  it('a counter adds to the ladder once while it stands', () => {
    const { evaluate } = evaluatorOf({
      rules: [{ name: 'many', type: 'metric', metric: 'request_count', threshold: 3 }],
    });
    const first = evaluate({ metrics: { request_count: 4 } });
    const second = evaluate({ metrics: { request_count: 5 }, standing: first.standing });
    expect([first, second].map(({ findings }) => findings[0]?.points)).toEqual([3, 0]);
    expect(second.standing).toEqual(['many']);
  });

  it('observing adds nothing', () => {
    const { findings, decision } = evaluatorOf({ rules: [{ ...secret, action: 'block', observe: true }] }).evaluate({
      segments: [segment({ text: 'secret' })],
    });
    expect(findings[0]).toMatchObject({ points: 0, observe: true });
    expect(decision).toEqual({ action: 'flag', would: 'flag', rule: 'secret' });
  });

  it('texts that were scanned elsewhere give the same verdict', () => {
    const evaluator = evaluatorOf({ rules: [{ ...secret, action: 'block' }] });
    const segments = [segment({ text: 'a secret' }), segment({ text: 'hidden', place: 'b' })];
    const find = scanEngine.finder(evaluator.policy.patterns);
    const judged = segments.flatMap((one) => evaluator.judge(one, find(one.text)));
    const { findings, decision } = evaluator.evaluate({ segments });
    expect(evaluator.conclude(judged)).toEqual({ findings, decision });
  });

  it('junk never throws, and twice gives the same', () => {
    const { evaluate } = evaluatorOf({ preset: 'coding-agent' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.jsonValue(), (text, args) => {
        const input = {
          segments: [segment({ text })],
          toolCalls: [{ id: '1', name: text, arguments: args }],
          model: text,
        };
        expect(evaluate(input)).toEqual(evaluate(input));
      }),
      { numRuns: 30 },
    );
  }, 30_000);
});

describe('the decision', () => {
  const rules = [
    { ...secret, name: 'soft', action: 'flag' },
    { ...secret, name: 'hard', patterns: ['hidden'], action: 'block' },
  ];
  const hidden = { segments: [segment({ text: 'hidden' })] };

  it('is that of the strongest action', () => {
    expect(evaluatorOf({ rules }).evaluate(hidden).decision).toEqual({ action: 'block', would: 'block', rule: 'hard' });
    expect(evaluatorOf({ rules }).evaluate({}).decision).toEqual({ action: 'allow', would: 'allow', rule: null });
  });

  it('does nothing in audit mode and says what it would have done', () => {
    const { decision, findings } = evaluatorOf({ mode: 'audit', rules }).evaluate(hidden);
    expect(decision).toEqual({ action: 'flag', would: 'block', rule: 'hard' });
    expect(findings).toHaveLength(2);
  });

  it('is not made where the policy is off', () => {
    expect(evaluatorOf({ enabled: false, rules }).evaluate(hidden).findings).toEqual([]);
    expect(evaluatorOf({ mode: 'off', rules }).evaluate(hidden).findings).toEqual([]);
  });

  it('a stream is held back only for rules that read it and do more than flag', () => {
    const reply = segment({ side: 'response', role: 'assistant' });
    expect(evaluatorOf({ rules }).mustHold(reply)).toBe(true);
    expect(evaluatorOf({ rules: rules.slice(0, 1) }).mustHold(reply)).toBe(false);
    expect(evaluatorOf({ rules: [{ ...secret, action: 'block', target: 'request' }] }).mustHold(reply)).toBe(false);
    expect(evaluatorOf({ mode: 'audit', rules }).mustHold(reply)).toBe(false);
  });
});

describe('tools and models', () => {
  const one = (over: object, name: string, args: unknown): boolean =>
    evaluatorOf({ rules: [{ name: 't', type: 'tool', ...over }] }).evaluate({
      toolCalls: [{ id: 'call_1', name, arguments: args }],
    }).findings.length === 1;

  it('names by glob, with exceptions', () => {
    const rule = { tools: ['db_*'], except: ['db_read*'] };
    expect([
      one(rule, 'db_drop', {}),
      one(rule, 'DB_Drop', {}),
      one(rule, 'db_read_all', {}),
      one(rule, 'x', {}),
    ]).toEqual([true, true, false, false]);
  });

  it.each([
    ['equals', '$.n', 3, { n: 3 }, { n: 4 }],
    ['not_equals', '$.n', 3, { n: 4 }, { n: 3 }],
    ['contains', '$..url', 'EVIL', { a: [{ url: 'https://evil.example' }] }, { a: 'evil' }],
    ['starts_with', '$.path', '/etc', { path: '/etc/hosts' }, { path: '/tmp/etc' }],
    ['ends_with', '$.files[0]', '.pem', { files: ['a.pem'] }, { files: ['a', 'b.pem'] }],
    ['matches', '$.*', ['^drop\\b'], { sql: 'DROP TABLE x' }, { sql: 'select dropped' }],
    ['shell_matches', '$', 'rm -rf', { command: 'r"m" -\\\nrf x' }, { command: 'rm x' }],
    ['greater_than', '$.amount', 100, { amount: 101 }, { amount: 100 }],
    ['less_than', '$.amount', 100, { amount: 99 }, { amount: '1' }],
    ['exists', '$.force', undefined, { force: false }, {}],
    ['not_exists', '$.reason', undefined, {}, { reason: '' }],
  ])('%s at %s', (operator, path, value, yes, no) => {
    const rule = { arguments: [{ path, operator, ...(value === undefined ? {} : { value }) }] };
    expect([one(rule, 'any', yes), one(rule, 'any', no)]).toEqual([true, false]);
  });

  it('all conditions of a rule must hold', () => {
    const rule = {
      arguments: [
        { path: '$.a', operator: 'exists' },
        { path: '$.b', operator: 'equals', value: [1, 2] },
      ],
    };
    expect([one(rule, 'x', { a: 0, b: 2 }), one(rule, 'x', { b: 2 }), one(rule, 'x', { a: 0, b: 3 })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('a model that is blocked, or not among those allowed', () => {
    const { evaluate } = evaluatorOf({
      rules: [{ name: 'm', type: 'model', allow: ['gpt-*'], block: ['*-preview'], action: 'block' }],
    });
    const actions = ['gpt-5', 'gpt-5-preview', 'claude-x', ''].map((model) => evaluate({ model }).decision.action);
    expect(actions).toEqual(['allow', 'block', 'block', 'allow']);
  });
});

describe('globs and paths', () => {
  it('a glob is what its regular expression says', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (glob, text) => {
        const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(globMatches(glob, text)).toBe(expression.test(text));
      }),
    );
  });

  it('paths reach what they name, and nothing of the prototype', () => {
    const value = { a: { b: [1, { c: 2 }] }, 'x y': 3 };
    const at = (path: string): readonly unknown[] => valuesAt(value, parsePath(path) ?? []);
    expect([at('$.a.b[1].c'), at("$['x y']"), at('$..c'), at('$.a.b[*]'), at('$.constructor')]).toEqual([
      [2],
      [3],
      [2],
      [1, { c: 2 }],
      [],
    ]);
    expect(['a', '$a', '$.', '$[x]', '$..'].map(parsePath)).toEqual([null, null, null, null, null]);
  });
});
