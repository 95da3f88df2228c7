/** Values that a name before them makes a secret: `vendor_token = …`, `"client_secret": "…"`, `x-api-key: …`. */
import type { Detector } from '../span.ts';
import { isAlphanumeric, isKeyCharacter, runEnd } from './characters.ts';

// At the end of a name: what follows is no letter, but for an s.
const NAME = /(?:key|token|secret|credential|auth(?:orization)?|(?<![A-Za-z])(?:pat|jwt|pass))s?(?![A-Za-z])/gi;
/** Between a name and its value: the quote that closes the name, blanks, the separator, the quote that opens the value. */
const BETWEEN =
  /(?:_?[A-Z0-9]{1,8}(?![A-Za-z0-9]))?["'`\]]{0,2}[ \t]{0,4}(?:\|{0,2}:?={1,3}>?|:|=>|,|\(|is|[ \t])[ \t]{0,4}(?:[A-Z][a-z]{2,8} )?\\?["'`]{0,3}/iy;

// base64, base64url, hex, and the joints of such keys; no separator, so that each value is read once
const isValue = (code: number): boolean =>
  isAlphanumeric(code) || code === 95 || code === 45 || code === 43 || code === 47 || code === 46 || code === 126;

/** Padding of base64. */
const isPadding = (code: number): boolean => code === 61;

const VALUE_CHARS_MIN = 16;
const VALUE_CHARS_MAX = 512;

/** Bits a character: of 16 random hex digits about 3, of words with numbers behind them less or shorter. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const LETTER_BY_DIGIT = /\d(?=[A-Za-z])|[A-Za-z](?=\d)/g;
/** How often letters and digits change. */
const changesOf = (part: string): number => (part.length < 8 ? 0 : (part.match(LETTER_BY_DIGIT)?.length ?? 0));
/** 0 where it is nothing but digits. */
const digitsOf = (part: string): number => (/[A-Za-z]/.test(part) ? (part.match(/\d/g)?.length ?? 0) : 0);

/** Drawn, not written: letters and digits mixed within one part, and hardly any letter more often than chance has it. */
export function looksRandom(value: string): boolean {
  if (UUID.test(value)) return true;
  if (/\.(?:com|org|net|io|js|ts|py|json|html|md|txt|png|jpg)$/i.test(value)) return false;
  const parts = value.split(/[-_./+=~]+/);
  const isMixed = parts.some((part) => changesOf(part) >= 3 || (part.length >= 18 && digitsOf(part) >= 4));
  return isMixed && entropyOf(value) >= 3;
}

/** `key:<digest>`: how the system itself names a caller whom it knows by a key. The record needs it. */
const isPrincipal = (text: string, nameStart: number, valueStart: number): boolean =>
  text.slice(nameStart, valueStart) === 'key:' && !isKeyCharacter(text.charCodeAt(nameStart - 1));

export const findAssignedSecrets: Detector = (text, found) => {
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    BETWEEN.lastIndex = NAME.lastIndex;
    if (!BETWEEN.test(text)) continue;
    const start = BETWEEN.lastIndex;
    if (isPrincipal(text, match.index, start)) continue;
    const bare = runEnd(text, start, isValue);
    const end = runEnd(text, bare, isPadding, bare + 2);
    // What is longer than any secret is data.
    const isLong = end - start >= VALUE_CHARS_MIN && end - start <= VALUE_CHARS_MAX;
    if (!isLong || !looksRandom(text.slice(start, bare))) continue;
    found.push({ start, end, replacement: '[REDACTED_SECRET]' });
    NAME.lastIndex = end;
  }
};
