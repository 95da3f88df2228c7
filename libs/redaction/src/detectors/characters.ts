/** Character classes by code, for scanners that look at single characters. ASCII only. */
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isAlphanumeric = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
/** `\w` */
export const isWord = (code: number): boolean => isAlphanumeric(code) || code === 95;
/** base64url, and the dash and underscore of key formats */
export const isKeyCharacter = (code: number): boolean => isWord(code) || code === 45;

export const runEnd = (text: string, start: number, accepts: (code: number) => boolean, max = text.length): number => {
  let end = start;
  while (end < max && accepts(text.charCodeAt(end))) end++;
  return end;
};

const BACKSLASH = 92;

/** True where the character at `index` is escaped: an odd number of backslashes stands before it (RFC 8259 §7). */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (first > 0 && text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (index - first) % 2 === 1;
}

const isEscapeLetter = (code: number): boolean =>
  code === 98 || code === 102 || code === 110 || code === 114 || code === 116;

/**
 * Where a match that would begin at `start` may begin. Text may be the inside of a JSON string: its escapes (`\n`,
 * `\u0041`) stay whole, so that what was valid stays valid.
 */
export function behindEscape(text: string, start: number): number {
  if (start === 0 || text.charCodeAt(start - 1) !== BACKSLASH || !isEscaped(text, start)) return start;
  const code = text.charCodeAt(start);
  if (code === 117) return start + 5;
  return isEscapeLetter(code) ? start + 1 : start;
}

/** No word character in front, or only the letter of an escape (`\nAKIA…`). */
export function startsWord(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  return !isWord(before) || (isEscapeLetter(before) && isEscaped(text, start - 1));
}
