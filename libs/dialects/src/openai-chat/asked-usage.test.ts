import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../detect.ts';
import { withoutAskedUsage } from './asked-usage.ts';

const strip = (text: string): string => {
  const bytes = Buffer.from(text);
  return (DIALECTS['openai-chat'].readReply('text/event-stream')?.read(bytes) ?? [])
    .map(({ start, end, value }) => Buffer.from(withoutAskedUsage(bytes.subarray(start, end), value)).toString())
    .join('');
};

describe('usage that only ELIDA asked for is taken out again', () => {
  it.each([
    ['data: {"choices":[{"index":0}],"usage":null}\n\n', 'data: {"choices":[{"index":0}]}\n\n'],
    ['data: {"usage": null, "choices": []}\r\n\r\n', 'data: {"choices": []}\r\n\r\n'],
    ['data: { "choices" : [] , "usage" : null , "id":"x" }\n\n', 'data: { "choices" : [] , "id":"x" }\n\n'],
    ['data: {"choices":[],"obfuscation":"x","usage":null}\n\n', 'data: {"choices":[],"obfuscation":"x"}\n\n'],
    ['data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n', ''],
  ])('%j → %j', (asked, unasked) => {
    expect(strip(asked)).toBe(unasked);
  });

  it.each([
    'data: {"choices":[{"index":0,"delta":{"content":"\\"usage\\":null"}}]}\n\n',
    'data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
    'data: {"usage":null}\n\n',
    'data: [DONE]\n\n',
    ': comment\n\n',
  ])('what would have come unasked stays: %j', (event) => {
    expect(strip(event)).toBe(event);
  });

  it('whatever else the events hold, byte for byte', () => {
    const rest = fc.dictionary(
      fc.string().filter((key) => !['usage', 'choices', '__proto__'].includes(key)),
      fc.jsonValue(),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(rest, rest, fc.constantFrom(undefined, 1), (before, after, space) => {
        const without = { ...before, choices: [{ index: 0 }], ...after };
        const event = (value: unknown) => `data: ${JSON.stringify(value, null, space).replaceAll('\n', ' ')}\n\n`;
        const { choices, ...others } = without;
        const asked = event({ ...others, usage: null, choices });
        expect(strip(asked)).toBe(event({ ...others, choices }));
      }),
    );
  });
});
