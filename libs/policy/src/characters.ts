/** What can be counted in a text without a pattern. */
const ZERO_WIDTH = new Set([0x200b, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xfeff]);
const isTag = (code: number): boolean => code >= 0xe0000 && code <= 0xe007f;
const isBidi = (code: number): boolean => (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
const isBidiOverride = (code: number): boolean => code === 0x202d || code === 0x202e;
/** The flags of England, Scotland, Wales are a black flag and tags (UTS 51, emoji tag sequences). */
const BLACK_FLAG = '\u{1f3f4}';
const LATIN = /[A-Za-z0-9]/;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufefc]/;
/** All of these, and the first half of a tag: a text is searched for them, not read character by character. */
const HIDDEN = /[\u200b\u202a-\u202e\u2060-\u2069\ufeff]|\udb40[\udc00-\udc7f]/g;

export interface Counted {
  readonly count: number;
  /** UTF-16 offsets from the first to behind the last; 0, 0 where there is none. */
  readonly start: number;
  readonly end: number;
}

export const CHARACTER_KINDS = ['tag', 'bidi', 'zero_width'] as const;
export type CharacterKind = (typeof CHARACTER_KINDS)[number];
export type HiddenCounts = Readonly<Record<CharacterKind, Counted>>;

const NONE: Counted = { count: 0, start: 0, end: 0 };
const NOTHING: HiddenCounts = { tag: NONE, bidi: NONE, zero_width: NONE };

/**
 * Counts characters that hide text. Zero-width ones count between Latin letters only (other scripts need joiners, and a
 * byte order mark stands at the start), bidi controls where they override, or isolate text without any right-to-left letter.
 */
export function hiddenIn(text: string): HiddenCounts {
  if (text.search(HIDDEN) < 0) return NOTHING;
  const isRightToLeft = RIGHT_TO_LEFT.test(text.replaceAll('\ufeff', ''));
  const counts: Record<CharacterKind, Counted> = { ...NOTHING };
  /** Where the tags of a flag go on. */
  let flagTo = -1;
  for (const { index, 0: character } of text.matchAll(HIDDEN)) {
    const code = character.codePointAt(0) ?? 0;
    const next = index + character.length;
    let kind: CharacterKind | null = null;
    if (isTag(code)) {
      const inFlag = flagTo === index || text.slice(index - 2, index) === BLACK_FLAG;
      if (inFlag) flagTo = next;
      else kind = 'tag';
    } else if (isBidi(code)) {
      if (isBidiOverride(code) || !isRightToLeft) kind = 'bidi';
    } else if (ZERO_WIDTH.has(code) && LATIN.test(text[index - 1] ?? '') && LATIN.test(text[next] ?? '')) {
      kind = 'zero_width';
    }
    if (kind === null) continue;
    const { count, start } = counts[kind];
    counts[kind] = { count: count + 1, start: count === 0 ? index : start, end: next };
  }
  return counts;
}

/** Of several kinds together. */
export function countHidden(counts: HiddenCounts, kinds: readonly CharacterKind[]): Counted {
  const found = [...new Set(kinds)].map((kind) => counts[kind]).filter(({ count }) => count > 0);
  if (found.length === 0) return NONE;
  return {
    count: found.reduce((sum, { count }) => sum + count, 0),
    start: Math.min(...found.map(({ start }) => start)),
    end: Math.max(...found.map(({ end }) => end)),
  };
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
