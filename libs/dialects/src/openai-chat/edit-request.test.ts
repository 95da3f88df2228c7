import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askForUsage } from './edit-request.ts';

const ask = (json: string): string => new TextDecoder().decode(askForUsage(new TextEncoder().encode(json)));

describe('usage is asked for in place', () => {
  it.each([
    ['{}', '{"stream_options":{"include_usage":true}}'],
    [' { "model" : "m" }\n', ' {"stream_options":{"include_usage":true}, "model" : "m" }\n'],
    ['{"stream_options":{}}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options":null,"n":1.0}', '{"stream_options":{"include_usage":true},"n":1.0}'],
    [
      '{"stream_options":{ "include_obfuscation":false }}',
      '{"stream_options":{"include_usage":true, "include_obfuscation":false }}',
    ],
    ['{"stream_options":{"include_usage": false}}', '{"stream_options":{"include_usage": true}}'],
    ['{"a":{"stream_options":{}}}', '{"stream_options":{"include_usage":true},"a":{"stream_options":{}}}'],
  ])('%s', (before, after) => {
    expect(ask(before)).toBe(after);
  });

  it.each(['{"stream_options":{"include_usage":true}}', '[]', '', '{"a":', '{"a" 1}', 'null'])('%j stays', (json) => {
    const bytes = new TextEncoder().encode(json);
    expect(askForUsage(bytes)).toBe(bytes);
  });

  it('once, whatever the body', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const once = ask(JSON.stringify(body));
        expect(JSON.parse(once)).toMatchObject({ stream_options: { include_usage: true } });
        expect(ask(once)).toBe(once);
      }),
    );
  });
});
