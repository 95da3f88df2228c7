import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutJson, cutPlain, cutText } from './cut-text.ts';

const bytes = (text: string): number => Buffer.byteLength(text);
const document = fc.oneof(
  fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' })),
  fc.array(fc.jsonValue({ stringUnit: 'grapheme' })),
);

describe('JSON that is cut', () => {
  it('is JSON of at most so many bytes, and begins as it did', () => {
    fc.assert(
      fc.property(document, fc.nat(400), fc.constantFrom(0, 2), (value, max, indent) => {
        const text = JSON.stringify(value, null, indent);
        const cut = cutJson(text, max);
        if (cut === null) {
          expect(max).toBeLessThan(2);
          return;
        }
        expect(bytes(cut)).toBeLessThanOrEqual(max);
        expect(() => JSON.parse(cut) as unknown).not.toThrow();
        if (bytes(text) <= max) expect(cut).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of which only the beginning came is closed', () => {
    fc.assert(
      fc.property(document, fc.nat(400), (value, length) => {
        const cut = cutJson(JSON.stringify(value).slice(0, length), 1_000_000);
        if (length > 0) expect(() => JSON.parse(cut ?? '') as unknown).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps what was begun of a text', () => {
    expect(cutJson('{"a":[1,22,333],"messages":[{"content":"hello wor', 1_000)).toBe(
      '{"a":[1,22,333],"messages":[{"content":"hello wor"}]}',
    );
    expect(cutJson('{"a":1,"b":tru', 1_000)).toBe('{"a":1}');
    expect(cutJson('{"a":1,"bb', 1_000)).toBe('{"a":1}');
    expect(cutJson(String.raw`{"a":"\ud83d\ude00 x\u00`, 1_000)).toBe(String.raw`{"a":"\ud83d\ude00 x"}`);
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0 1trué😀') }), fc.nat(60), (text, max) => {
        expect(bytes(cutText(text, max))).toBeLessThanOrEqual(max);
      }),
      { numRuns: 5_000 },
    );
  });
});

it('plain text is cut between characters', () => {
  expect(cutPlain('aé😀b', 3)).toBe('aé');
  expect(cutPlain('aé😀b', 6)).toBe('aé');
  expect(cutPlain('aé😀b', 7)).toBe('aé😀');
  expect(cutPlain('aé😀b', 8)).toBe('aé😀b');
});
