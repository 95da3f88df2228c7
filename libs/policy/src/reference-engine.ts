/**
 * What a pattern means, in the shortest form: one RegExp after the other over the folded text. For tests and measurements
 * only: it is slow, and a RegExp may take exponential time.
 */
import type { Pattern, PatternEngine, PatternMatch } from './compiled.ts';

/** Zero-width, bidi and tag characters, and the soft hyphen. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\udb40[\udc00-\udc7f]/u;

/** @returns the folded text, and for each of its code units the original offset; one more for the end. */
function fold(text: string): { readonly folded: string; readonly offsets: readonly number[] } {
  let folded = '';
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    const plain = INVISIBLE.test(character) ? '' : character.normalize('NFKC').toLowerCase();
    for (let i = 0; i < plain.length; i++) offsets.push(at);
    folded += plain;
    at += character.length;
  }
  offsets.push(at);
  return { folded, offsets };
}

const expressionOf = ({ source, caseSensitive }: Pattern): RegExp => new RegExp(source, caseSensitive ? 'gu' : 'giu');

function problemOf(pattern: Pattern): string | null {
  try {
    return expressionOf(pattern).test('') ? 'it can match nothing at all' : null;
  } catch (error) {
    return error instanceof Error ? error.message : 'no regular expression';
  }
}

export const referenceEngine: PatternEngine = {
  problemOf,
  finder(patterns) {
    const compiled = patterns.map((pattern, index) => ({ index, pattern, expression: expressionOf(pattern) }));
    return (text) => {
      const { folded, offsets } = fold(text);
      const found: PatternMatch[] = [];
      for (const { index, pattern, expression } of compiled) {
        const subject = pattern.caseSensitive ? text : folded;
        const original = (at: number): number => (pattern.caseSensitive ? at : (offsets[at] ?? text.length));
        for (const { index: start, 0: match } of subject.matchAll(expression)) {
          found.push({ pattern: index, start: original(start), end: original(start + match.length) });
        }
      }
      return found;
    };
  },
};
