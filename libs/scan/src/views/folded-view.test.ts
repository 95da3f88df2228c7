import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedView } from './folded-view.ts';
import { rawView } from './raw-view.ts';

const fold = (text: string): string => foldedView.open().push(text, true);

describe('the folded view', () => {
  it.each([
    ['ｉｇｎｏｒｅ', 'ignore'],
    ['i\u200bg\u00adn\u2060ore', 'ignore'],
    ['\u202eignore\u202c', 'ignore'],
    ['i\u{e0041}g\u{e0001}nore', 'ignore'],
    ['i\u0301g\u0336nóre', 'ignore'],
    ['𝐢𝐠𝐧𝐨𝐫𝐞 ① ﬁ', 'ignore 1 fi'],
    ['précédentes', 'precedentes'],
    ['pre\u0301ce\u0301dentes', 'precedentes'],
    ['IGNORE', 'IGNORE'],
    ['👨‍👩‍👧 ❤️', '👨👩👧 ❤'],
    ['שָׁלוֹם', 'שלום'],
    ['忽略 한국어 がガ', '忽略 한국어 かカ'],
    ['a\ud83d', 'a\ufffd'],
  ])('%s', (text, expected) => {
    expect(fold(text)).toBe(expected);
  });

  it('is idempotent, and composed and decomposed Latin, Greek, Cyrillic and kana read the same', () => {
    const letter = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('é', 'Ǻ', 'ώ', 'й', 'ё', 'が', 'ﬃ', 'ṩ', 'ự'),
    );
    fc.assert(
      fc.property(fc.array(letter), (letters) => {
        const text = letters.join('');
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
    for (const text of ['é', 'Ǻ', 'ώ', 'й', 'ё', 'が', 'ṩ', 'ự']) expect(fold(text.normalize('NFD'))).toBe(fold(text));
  });
});

describe.each([
  ['folded', foldedView],
  ['raw', rawView],
])('the %s view', (_, view) => {
  it('of a text is the view of its pieces, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 8 })), fc.nat(20), (parts, size) => {
        const text = parts.join('\u200bé😀');
        const whole = view.open();
        const expected = whole.push(text, true);
        const pieces = view.open();
        let read = '';
        for (let at = 0; at < text.length; at += size + 1) read += pieces.push(text.slice(at, at + size + 1), false);
        read += pieces.push('', true);
        expect(read).toBe(expected);
        for (let at = 0; at < read.length; at++) expect(pieces.startOf(at)).toBe(whole.startOf(at));
      }),
    );
  });

  it('leads back to exactly what it was read from', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'é', 'ﬃ', '\u200b', '😀', '①', '\u0301', 'ｉ', '\ud800'), { maxLength: 20 }),
        (parts) => {
          const text = parts.join('');
          const reader = view.open();
          const read = reader.push(text, true);
          for (let start = 0; start < read.length; start++) {
            expect(reader.startOf(start)).toBeLessThan(reader.endOf(start + 1));
            for (let end = start + 1; end <= read.length; end++) {
              const part = read.slice(start, end);
              const source = text.slice(reader.startOf(start), reader.endOf(end));
              if (part.isWellFormed()) expect(view.open().push(source, true)).toContain(part);
            }
          }
        },
      ),
    );
  });
});
