/**
 * The alphabet of literals: coarser than text, so that one literal stands for all spellings that a pattern cannot tell from
 * each other for long: case and digits fold, a run of white space is one symbol, what is not ASCII folds to a few. Folding may
 * only merge: a literal that is not in the symbols of a text is in no spelling of it.
 */
import { caseFold } from './case-orbit.ts';
import { type CharSet, clip, has, rangesOf, SPACE } from './char-set.ts';

const DIGIT_SYMBOL = 0x30;
export const SPACE_SYMBOL = 0x20;
const CONTROL_SYMBOL = 0x01;
/** Letters of other scripts fold to this many symbols behind ASCII. */
const FOREIGN = 64;
export const SYMBOLS = 0x80 + FOREIGN;
const UNITS = 0x1_0000;

let table: Uint8Array | undefined;

function symbolOf(unit: number): number {
  if (has(SPACE, unit)) return SPACE_SYMBOL;
  if (unit >= 0x30 && unit <= 0x39) return DIGIT_SYMBOL;
  if (unit < 0x20 || unit === 0x7f) return CONTROL_SYMBOL;
  const fold = caseFold(unit);
  return fold < 0x80 ? fold : 0x80 + (Math.imul(fold, 0x9e37_79b1) >>> 26);
}

/** Code unit → symbol. Surrogates are not cased one by one, so that halves of a pair fold as any other unit. */
export function symbolTable(): Uint8Array {
  table ??= Uint8Array.from({ length: UNITS }, (_, unit) => symbolOf(unit));
  return table;
}

/** The symbols of a set of code units, or null where they are more than `most`. */
export function symbolsOf(set: CharSet, most: number): readonly number[] | null {
  const symbols = new Set<number>();
  const symbol = symbolTable();
  for (const [lo, hi] of rangesOf(clip(set, 0, UNITS - 1))) {
    for (let unit = lo; unit <= hi; unit++) {
      symbols.add(symbol[unit] ?? 0);
      if (symbols.size > most) return null;
    }
  }
  return [...symbols];
}

/** Letters per 1,000 characters of English prose and code, a to z; rough on purpose. */
const LETTERS = [60, 14, 30, 30, 90, 18, 16, 30, 55, 3, 8, 35, 22, 55, 60, 20, 3, 55, 52, 70, 24, 10, 12, 5, 14, 3];

/** How often a symbol occurs in ordinary text, as a share of its characters. */
export function frequencyOf(symbol: number): number {
  if (symbol >= 0x61 && symbol <= 0x7a) return (LETTERS[symbol - 0x61] ?? 1) / 1_000;
  if (symbol === SPACE_SYMBOL) return 0.18;
  if (symbol === DIGIT_SYMBOL) return 0.05;
  if (symbol === 0x2e || symbol === 0x2d || symbol === 0x2c) return 0.015;
  if (symbol >= 0x80) return 0.01;
  return symbol === 0x40 ? 0.001 : 0.004;
}
