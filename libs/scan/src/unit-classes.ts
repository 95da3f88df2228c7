/** Code units that a pattern cannot tell apart share a class: the rows of its automaton stay a few entries wide. */
import { type CharSet, has, LINE_END, rangesOf, WORD } from './char-set.ts';
import { LINE_UNIT, type Neighbour, OTHER_UNIT, type Program, WORD_UNIT } from './program.ts';

const LOW = 256;
/** Units of one page. */
const PAGE = 256;

export class UnitClasses {
  readonly count: number;
  /** By class: what it is as a neighbour of a place. */
  readonly neighbour: readonly Neighbour[];
  /** By number of the program's set: which classes are in it. */
  readonly members: readonly (readonly boolean[])[];
  /** The classes of the first 256 units, for loops that have no time to ask. */
  readonly low = new Uint8Array(LOW);
  /** The classes of the units above, page by page, as texts ask for them. */
  readonly #pages: (Uint8Array | undefined)[] = [];
  /** Points from which on the class is another, ascending, and which it is. */
  readonly #starts: readonly number[];
  readonly #classes: Int32Array;

  constructor(program: Program) {
    const told: CharSet[] = [...program.sets, ...(program.hasPlaces ? [WORD, LINE_END] : [])];
    const cuts = new Set([0]);
    for (const set of told) for (let i = 0; i < set.length; i++) cuts.add((set[i] ?? 0) + (i & 1));
    this.#starts = [...cuts].sort((a, b) => a - b);
    const indexOf = new Map(this.#starts.map((cut, i) => [cut, i]));
    /** By set: indices of the parts of the line that it covers, from and to. */
    const covered = told.map((set) =>
      [...rangesOf(set)].map(([lo, hi]) => [indexOf.get(lo) ?? 0, indexOf.get(hi + 1) ?? 0] as const),
    );
    this.#classes = told.length === 0 ? new Int32Array(1) : split(covered, this.#starts.length);
    const samples: number[] = [];
    this.#classes.forEach((number, i) => {
      samples[number] ??= this.#starts[i] ?? 0;
    });
    this.count = samples.length;
    for (let unit = 0; unit < LOW; unit++) this.low[unit] = this.#search(unit);
    this.members = program.sets.map((_, n) => {
      const inside: boolean[] = new Array(samples.length).fill(false);
      for (const [from, to] of covered[n] ?? []) {
        for (let i = from; i < to; i++) inside[this.#classes[i] ?? 0] = true;
      }
      return inside;
    });
    this.neighbour = samples.map((sample) =>
      has(WORD, sample) ? WORD_UNIT : has(LINE_END, sample) ? LINE_UNIT : OTHER_UNIT,
    );
  }

  of(unit: number): number {
    if (unit < LOW) return this.low[unit] ?? 0;
    return (this.#pages[unit >> 8] ?? this.#page(unit >> 8))[unit & 0xff] ?? 0;
  }

  #page(number: number): Uint8Array {
    const page = new Uint8Array(PAGE);
    for (let i = 0; i < PAGE; i++) page[i] = this.#search(number * PAGE + i);
    this.#pages[number] = page;
    return page;
  }

  #search(unit: number): number {
    let lo = 0;
    let hi = this.#starts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((this.#starts[mid] ?? 0) <= unit) lo = mid;
      else hi = mid - 1;
    }
    return this.#classes[lo] ?? 0;
  }
}

/** Parts that are covered by the same sets share a number. Each set splits what it covers from what it does not. */
function split(covered: readonly (readonly (readonly [number, number])[])[], parts: number): Int32Array {
  const numbers = new Int32Array(parts);
  let count = 1;
  for (const ranges of covered) {
    const inside = new Map<number, number>();
    for (const [from, to] of ranges) {
      for (let i = from; i < to; i++) {
        const outside = numbers[i] ?? 0;
        const number = inside.get(outside) ?? count++;
        inside.set(outside, number);
        numbers[i] = number;
      }
    }
  }
  const dense = new Map<number, number>();
  return numbers.map((number) => {
    const known = dense.get(number) ?? dense.size;
    dense.set(number, known);
    return known;
  });
}
