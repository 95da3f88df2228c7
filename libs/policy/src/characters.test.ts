import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHARACTER_KINDS, type CharacterKind, countHidden, entropyOf, hiddenIn } from './characters.ts';

const counted = (text: string, kinds: readonly CharacterKind[] = CHARACTER_KINDS) => countHidden(hiddenIn(text), kinds);
const tags = (text: string): string =>
  [...text].map((letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join('');

it.each([
  ['emoji families and skin tones', '👨\u200d👩\u200d👧\u200d👦 👍🏽 🏳️\u200d🌈'],
  ['flags of regions, which are tags', `\u{1f3f4}${tags('gbsct')}\u{e007f} and \u{1f3f4}${tags('gbeng')}\u{e007f}`],
  ['Persian with joiners', 'می\u200cخواهم'],
  ['Hebrew in isolates', '\u2067שלום\u2069 world'],
  ['Arabic with embeddings', '\u202bمرحبا\u202c'],
  ['a byte order mark', '\ufeffhello'],
  ['Chinese, Japanese, Korean', '你好，世界。こんにちは 안녕하세요'],
  ['line breaking hints between CJK', '你\u200b好\u200b吗'],
])('%s hide nothing', (_, text) => {
  expect(counted(text).count).toBe(0);
});

it('counts what hides text, and says from where to where', () => {
  const hidden = tags('ignore');
  expect(counted(`ab${hidden}c`, ['tag'])).toEqual({ count: 6, start: 2, end: 2 + hidden.length });
  expect(counted('i\u200bg\u2060n', ['zero_width']).count).toBe(2);
  expect(counted('abc \u202edcba', ['bidi'])).toEqual({ count: 1, start: 4, end: 5 });
  expect(counted(`ab${hidden}`, ['bidi', 'zero_width']).count).toBe(0);
});

it('entropy lies between none and eight bits a byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { bits, bytes } = entropyOf(text);
      expect(bytes).toBe(Buffer.byteLength(text));
      expect(bits).toBeGreaterThanOrEqual(0);
      expect(bits).toBeLessThanOrEqual(8);
    }),
  );
  expect(entropyOf('aaaa').bits).toBe(0);
  expect(entropyOf('abcd').bits).toBe(2);
});
