import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../detect.ts';
import { keyProblem } from './key-problem.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const problem = (json: string, name: keyof typeof DIALECTS = 'openai-chat') =>
  keyProblem(bytes(json), DIALECTS[name].keyRules);

describe('keys that two parsers read differently', () => {
  it.each([
    ['{"model":"a","model":"b"}', 'duplicate', 'model', 13],
    ['{"model":"a","\\u006dodel":"b"}', 'duplicate', 'model', 13],
    ['{"x":[{"a":1},{"b":{"a":1,"a":2}}]}', 'duplicate', 'a', 26],
    ['{"metadata":{"a":1,"a":2}}', 'duplicate', 'a', 19],
    ['{"messages":[],"Messages":[]}', 'folded', 'Messages', 15],
    ['{"MESSAGES":[]}', 'folded', 'MESSAGES', 1],
    ['{"me\\u017Fsages":[]}', 'folded', 'meſsages', 1],
    ['{"ſtream":true}', 'folded', 'ſtream', 1],
    ['{"messages":[{"role":"user","Content":"x"}]}', 'folded', 'Content', 28],
    ['{"__proto__":1,"__proto__":2}', 'duplicate', '__proto__', 15],
  ])('%s', (json, kind, key, at) => {
    expect(problem(json)).toEqual({ kind, key, at });
  });

  it('nesting without end', () => {
    expect(problem('['.repeat(513))?.kind).toBe('too_deep');
    expect(problem('['.repeat(512) + ']'.repeat(512))).toBeNull();
  });
});

describe('no problem', () => {
  it.each([
    ['the same key in objects beside each other', '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}'],
    ['what looks like keys in strings', '{"a":"\\"model\\":1,\\"model\\":2","b":"model","c":["model","model"]}'],
    ['keys of no wire in any letters', '{"Foo":1,"foo":2}'],
    [
      'names that the caller gives: schemas',
      '{"tools":[{"function":{"parameters":{"properties":{"Content":{},"content":{}}}}}]}',
    ],
    ['metadata', '{"metadata":{"Model":"x","MODEL":"y"}}'],
  ])('%s', (_, json) => {
    expect(problem(json)).toBeNull();
  });

  it('a tool input of Anthropic has keys of its own; the list of Responses of the same name has not', () => {
    const input = '{"input":{"Content":"x"}}';
    expect(problem(input, 'anthropic-messages')).toBeNull();
    expect(problem(input, 'openai-responses')?.kind).toBe('folded');
  });

  it('the free place ends where its object ends', () => {
    expect(problem('{"metadata":{"Model":1},"Model":2}')?.kind).toBe('folded');
    expect(problem('{"metadata":1,"x":{"Model":2}}')?.kind).toBe('folded');
  });
});

it('JSON that was written from values has none, and a key that is doubled anywhere is found', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      expect(keyProblem(bytes(json), { known: new Set(), free: new Set() })).toBeNull();
      const [key = ''] = Object.keys(value);
      const doubled = `{${JSON.stringify(key)}:0,${json.slice(1)}`;
      expect(keyProblem(bytes(doubled), { known: new Set(), free: new Set() })?.kind).toBe('duplicate');
    }),
    { numRuns: 300 },
  );
});

it('junk is read to its end without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: fc.constantFrom(...'{}[]":,\\a1 \n') }), (data, json) => {
      keyProblem(data, DIALECTS['openai-chat'].keyRules);
      expect(problem(json)?.kind).not.toBe('too_deep');
    }),
    { numRuns: 500 },
  );
});
