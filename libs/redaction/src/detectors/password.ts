/** `password: value` and its relatives. */
import type { Detector, Span } from '../span.ts';
import { runEnd } from './characters.ts';

const PASSWORD = /passw(?:or)?d|passphrase|pwd/gi;
const REPLACEMENT = '[REDACTED_PASSWORD]';

const OPENING = /^[{[](?:["'{[\s]|$)/;

const isBlank = (code: number): boolean => code === 32 || code === 9;
const isQuote = (code: number): boolean => code === 34 || code === 39;

// blank, quotes, comma, semicolon, ampersand, closing brackets, backslash, line ends
const isBare = (code: number): boolean =>
  !(code <= 32 || isQuote(code) || code === 44 || code === 59 || code === 38 || code === 125 || code === 41) &&
  code !== 93 &&
  code !== 92;

/** Up to the same quote without a backslash before it, or the end of the line. */
function quotedEnd(text: string, start: number, quote: number): number {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92) index++;
    else if (code === quote || code === 10) return index;
  }
  return text.length;
}

/**
 * The seeds' form: `password: x` becomes `password=[REDACTED_PASSWORD]`. Where quotes are about, only the value is
 * replaced, so that the structure around it stays.
 */
function valueAfter(text: string, keyEnd: number): Span | null {
  const isQuotedKey = isQuote(text.charCodeAt(keyEnd));
  const separator = runEnd(text, isQuotedKey ? keyEnd + 1 : keyEnd, isBlank);
  const code = text.charCodeAt(separator);
  if (code !== 58 && code !== 61) return null;
  const start = runEnd(text, separator + 1, isBlank);
  const quote = text.charCodeAt(start);
  if (isQuote(quote)) return { start: start + 1, end: quotedEnd(text, start + 1, quote), replacement: REPLACEMENT };
  const end = runEnd(text, start, isBare);
  // An object or list of JSON that was cut off, or of a schema: its members are looked at one by one.
  if (OPENING.test(text.slice(start, start + 2))) return null;
  // `[REDACTED_PASSWORD` ends before its bracket: leave what was replaced before.
  if (end === start || text.startsWith('[REDACTED_', start)) return null;
  if (isQuotedKey) return { start, end, replacement: REPLACEMENT };
  return { start: keyEnd, end, replacement: `=${REPLACEMENT}` };
}

export const findPasswords: Detector = (text, found) => {
  PASSWORD.lastIndex = 0;
  for (let match = PASSWORD.exec(text); match !== null; match = PASSWORD.exec(text)) {
    const span = valueAfter(text, PASSWORD.lastIndex);
    if (span === null || span.end === span.start) continue;
    found.push(span);
    PASSWORD.lastIndex = span.end;
  }
};
