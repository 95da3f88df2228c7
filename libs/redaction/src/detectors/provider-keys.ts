/** Credentials of providers by their prefix: one pass over the words of a text. */
import type { Detector } from '../span.ts';
import { isKeyCharacter, runEnd, startsWord } from './characters.ts';
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

const LEAST_CHARS = 12;

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
  for (let at = 0; at < text.length; at++) {
    if (!isKeyCharacter(text.charCodeAt(at))) continue;
    const end = runEnd(text, at, isKeyCharacter);
    // A prefix may end its word (`SG.`, `_gitlab_session=`), so that what follows counts too.
    if (end - at >= LEAST_CHARS || (end < text.length && end - at >= 2 && joins(text.charCodeAt(end)))) {
      for (let start = at; start < end; start++) {
        if (start > at && !startsWord(text, start)) continue;
        const key = keyAt(text, start);
        if (key === null) continue;
        found.push({ start, ...key });
        start = key.end - 1;
      }
    }
    at = end;
  }
};

// . = ~
const joins = (code: number): boolean => code === 46 || code === 61 || code === 126;
