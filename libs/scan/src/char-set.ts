/** Sets of code points as sorted, disjoint, inclusive ranges. Plain values: no operation changes its operands. */

/** `[lo, hi, lo, hi, …]`. */
export type CharSet = readonly number[];

export const CODE_POINT_MAX = 0x10_ffff;

/** Ranges in any order, overlapping or not, as a set. */
export function setOf(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [lo, hi] of sorted) {
    const last = set.at(-1);
    if (last !== undefined && lo <= last + 1) set[set.length - 1] = Math.max(last, hi);
    else set.push(lo, hi);
  }
  return set;
}

export const only = (point: number): CharSet => [point, point];

export function* rangesOf(set: CharSet): Generator<readonly [number, number]> {
  for (let i = 0; i < set.length; i += 2) yield [set[i] ?? 0, set[i + 1] ?? 0];
}

export const union = (...sets: readonly CharSet[]): CharSet => setOf(sets.flatMap((set) => [...rangesOf(set)]));

export function complement(set: CharSet): CharSet {
  const out: number[] = [];
  let from = 0;
  for (const [lo, hi] of rangesOf(set)) {
    if (lo > from) out.push(from, lo - 1);
    from = hi + 1;
  }
  if (from <= CODE_POINT_MAX) out.push(from, CODE_POINT_MAX);
  return out;
}

/** The part of a set that lies in `[lo, hi]`. */
export function clip(set: CharSet, lo: number, hi: number): CharSet {
  const out: number[] = [];
  for (const [a, b] of rangesOf(set)) {
    if (a <= hi && b >= lo) out.push(Math.max(a, lo), Math.min(b, hi));
  }
  return out;
}

export function has(set: CharSet, point: number): boolean {
  let lo = 0;
  let hi = set.length / 2 - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    if (point < (set[mid * 2] ?? 0)) hi = mid - 1;
    else if (point > (set[mid * 2 + 1] ?? 0)) lo = mid + 1;
    else return true;
  }
  return false;
}

export function sizeOf(set: CharSet): number {
  let size = 0;
  for (const [lo, hi] of rangesOf(set)) size += hi - lo + 1;
  return size;
}

export const DIGIT: CharSet = [0x30, 0x39];
export const WORD: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** White space and line ends of ECMA-262, §12.2 and §12.3. */
export const SPACE: CharSet = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
];
export const LINE_END: CharSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];
export const ALL: CharSet = [0, CODE_POINT_MAX];

/** A set of code units for loops: a look at a table instead of a search. */
export class UnitSet {
  readonly #bits = new Uint8Array(0x1_0000 >> 3);

  constructor(set: CharSet) {
    for (const [lo, hi] of rangesOf(clip(set, 0, 0xffff))) {
      for (let unit = lo; unit <= hi; unit++) this.#bits[unit >> 3] = (this.#bits[unit >> 3] ?? 0) | (1 << (unit & 7));
    }
  }

  has(unit: number): boolean {
    return ((this.#bits[unit >> 3] ?? 0) & (1 << (unit & 7))) !== 0;
  }
}
