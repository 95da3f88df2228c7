/** Credentials of providers by their prefix: one pass over the words of a text. */
import type { Detector, Span } from '../span.ts';
import { isKeyCharacter, startsWord } from './characters.ts';
import { KEY_SHAPES } from './key-shapes.ts';

interface Compiled {
  readonly prefix: string;
  readonly expression: RegExp;
  readonly replacement: string;
}

/** By the first two characters: most words of a text have none of them. */
const BY_START = Map.groupBy(
  KEY_SHAPES.map(
    ({ prefix, body, name }): Compiled => ({
      prefix,
      expression: new RegExp(body, 'y'),
      replacement: `[REDACTED_${name}]`,
    }),
  ),
  ({ prefix }) => prefix.slice(0, 2),
);

/** Letters, digits, `_` and `-`; by table, because every character of a text is looked at. */
const IN_WORD = Uint8Array.from({ length: 128 }, (_, code) => (isKeyCharacter(code) ? 1 : 0));
const DASH = 45;
const WORD_CHARS_MIN = 12;
// A prefix may be a word of its own: `SG.`, `sha256~`.
const DOT = 46;
const TILDE = 126;

/** @returns the end of a key that begins at `start`, and what goes in its place. */
function keyAt(text: string, start: number): { end: number; replacement: string } | null {
  for (const { prefix, expression, replacement } of BY_START.get(text.slice(start, start + 2)) ?? []) {
    if (!text.startsWith(prefix, start)) continue;
    expression.lastIndex = start + prefix.length;
    if (expression.test(text) && isVaried(text, start + prefix.length, expression.lastIndex)) {
      return { end: expression.lastIndex, replacement };
    }
  }
  return null;
}

/** `xxxxxxxx` and the like are written where a key would be. */
function isVaried(text: string, start: number, end: number): boolean {
  const seen = new Set<number>();
  for (let at = start; at < end && seen.size < 6; at++) seen.add(text.charCodeAt(at));
  return seen.size >= 6;
}

export const findProviderKeys: Detector = (text, found) => {
  let begin = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    // Beyond the table a read would leave the fast path.
    if (code < 128 && IN_WORD[code] === 1) continue;
    const isLong = at - begin >= WORD_CHARS_MIN || (at - begin >= 2 && (code === DOT || code === TILDE));
    begin = (isLong ? findInWord(text, begin, at, found) : at) + 1;
    at = Math.max(at, begin - 1);
  }
};

/** @returns the word's end, or that of a key that goes beyond it. */
function findInWord(text: string, begin: number, end: number, found: Span[]): number {
  let done = end;
  for (let start = begin; start < end; start++) {
    // A key stands at the word's beginning, behind a dash, or behind the letter of an escape.
    const isFirst = start <= begin + 1 || text.charCodeAt(start - 1) === DASH;
    if (!isFirst || !startsWord(text, start)) continue;
    const key = keyAt(text, start);
    if (key === null) continue;
    found.push({ start, ...key });
    done = Math.max(end, key.end);
    start = key.end - 1;
  }
  return done;
}
