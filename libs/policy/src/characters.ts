/** What can be counted in a text without a pattern. */
const ZERO_WIDTH = new Set([0x200b, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xfeff]);
const isTag = (code: number): boolean => code >= 0xe0000 && code <= 0xe007f;
const isBidi = (code: number): boolean => (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
const isBidiOverride = (code: number): boolean => code === 0x202d || code === 0x202e;
/** The flags of England, Scotland, Wales are a black flag and tags (UTS 51, emoji tag sequences). */
const BLACK_FLAG = 0x1f3f4;
const LATIN = /[A-Za-z0-9]/;

export interface Counted {
  readonly count: number;
  /** UTF-16 offsets from the first to behind the last; 0, 0 where there is none. */
  readonly start: number;
  readonly end: number;
}

export type CharacterKind = 'tag' | 'bidi' | 'zero_width';

/**
 * Counts characters that hide text. Zero-width ones count between Latin letters only (other scripts need joiners, and a
 * byte order mark stands at the start), bidi controls where they override, or isolate text without any right-to-left letter.
 */
export function countHidden(text: string, kinds: readonly CharacterKind[]): Counted {
  // Nearly every text: no need to look at each character.
  if (!/[\u200b\u202a-\u202e\u2060-\u2069\ufeff\udb40]/.test(text)) return { count: 0, start: 0, end: 0 };
  const wants = new Set(kinds);
  const isRightToLeft = /[\u0590-\u08ff\ufb1d-\ufefc]/.test(text.replaceAll('\ufeff', ''));
  let count = 0;
  let start = 0;
  let end = 0;
  let inFlag = false;
  let at = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const next = at + character.length;
    const isHidden =
      (wants.has('tag') && isTag(code) && !inFlag) ||
      (wants.has('bidi') && isBidi(code) && (isBidiOverride(code) || !isRightToLeft)) ||
      (wants.has('zero_width') &&
        ZERO_WIDTH.has(code) &&
        LATIN.test(text[at - 1] ?? '') &&
        LATIN.test(text[next] ?? ''));
    if (isHidden) {
      if (count === 0) start = at;
      count++;
      end = next;
    }
    inFlag = code === BLACK_FLAG || (inFlag && isTag(code));
    at = next;
  }
  return { count, start, end };
}

const encoder = new TextEncoder();

/** @returns Shannon entropy of the UTF-8 bytes, in bits per byte, and how many bytes there are. */
export function entropyOf(text: string): { readonly bits: number; readonly bytes: number } {
  const bytes = encoder.encode(text);
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return { bits, bytes: bytes.length };
}
