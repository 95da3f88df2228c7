/**
 * The alphabet of literals: coarser than text, so that one literal stands for all spellings that a pattern cannot tell from
 * each other for long: case and digits fold, a run of white space is one symbol, what is not ASCII folds to a few. Folding may
 * only merge: a literal that is not in the symbols of a text is in no spelling of it.
 */
import { caseFold, orbits } from './case-orbit.ts';
import { type CharSet, rangesOf, SPACE } from './char-set.ts';

export const DIGIT_SYMBOL = 0x30;
export const SPACE_SYMBOL = 0x20;
const CONTROL_SYMBOL = 0x01;
/** Letters of other scripts fold to this many symbols behind ASCII. */
const FOREIGN = 64;
export const SYMBOLS = 0x80 + FOREIGN;
const UNITS = 0x1_0000;
export type UnitFold = (unit: number) => number | null;

let table: Uint8Array | undefined;

function asciiSymbol(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return DIGIT_SYMBOL;
  return unit < 0x20 || unit === 0x7f ? CONTROL_SYMBOL : caseFold(unit);
}

const symbolOf = (unit: number): number =>
  unit < 0x80 ? asciiSymbol(unit) : 0x80 + (Math.imul(unit, 0x9e37_79b1) >>> 26);

function build(): Uint8Array {
  const symbols = new Uint8Array(UNITS);
  for (let unit = 0; unit < UNITS; unit++) symbols[unit] = symbolOf(unit);
  for (const [fold, ...others] of orbits())
    for (const unit of others) if (unit < UNITS) symbols[unit] = symbolOf(fold ?? unit);
  for (const [lo, hi] of rangesOf(SPACE)) symbols.fill(SPACE_SYMBOL, lo, hi + 1);
  return symbols;
}

/** Code unit → symbol. Surrogates are not cased one by one, so that halves of a pair fold as any other unit. */
export function symbolTable(): Uint8Array {
  table ??= build();
  return table;
}

/**
 * The symbols of a set of code units, or null where they are more than `most`.
 * @param fold what the automaton reads in place of a unit of the set's view; null: something else than one unit
 */
export function symbolsOf(set: CharSet, most: number, fold: UnitFold): readonly number[] | null {
  const symbols = new Set<number>();
  const symbol = symbolTable();
  for (const [lo, hi] of rangesOf(set)) {
    for (let unit = lo; unit <= hi && unit < UNITS; unit++) {
      const folded = unit < 0x80 ? unit : fold(unit);
      if (folded === null) return null;
      symbols.add(symbol[folded] ?? 0);
      if (symbols.size > most) return null;
    }
  }
  return [...symbols];
}
