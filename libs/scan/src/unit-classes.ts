/** Code units that a pattern cannot tell apart share a class: the rows of its automaton stay a few entries wide. */
import { type CharSet, has, LINE_END, WORD } from './char-set.ts';
import { LINE_UNIT, type Neighbour, OTHER_UNIT, type Program, WORD_UNIT } from './program.ts';

const LOW = 256;

export class UnitClasses {
  readonly count: number;
  /** By class: what it is as a neighbour of a place. */
  readonly neighbour: readonly Neighbour[];
  /** By number of the program's set: which classes are in it. */
  readonly members: readonly (readonly boolean[])[];
  /** The classes of the first 256 units, for loops that have no time to ask. */
  readonly low = new Uint8Array(LOW);
  readonly #starts: number[] = [];
  readonly #classes: number[] = [];

  constructor(program: Program) {
    const told: CharSet[] = [...program.sets, ...(program.hasPlaces ? [WORD, LINE_END] : [])];
    const cuts = [...new Set([0, ...told.flatMap((set) => set.map((point, i) => (i % 2 === 0 ? point : point + 1)))])];
    const byMembership = new Map<string, number>();
    const samples: number[] = [];
    for (const cut of cuts.sort((a, b) => a - b)) {
      const key = told.map((set) => (has(set, cut) ? '1' : '0')).join('');
      const number = byMembership.get(key) ?? samples.push(cut) - 1;
      byMembership.set(key, number);
      this.#starts.push(cut);
      this.#classes.push(number);
    }
    this.count = samples.length;
    for (let unit = 0; unit < LOW; unit++) this.low[unit] = this.#search(unit);
    this.members = program.sets.map((set) => samples.map((sample) => has(set, sample)));
    this.neighbour = samples.map((sample) =>
      has(WORD, sample) ? WORD_UNIT : has(LINE_END, sample) ? LINE_UNIT : OTHER_UNIT,
    );
  }

  of(unit: number): number {
    return unit < LOW ? (this.low[unit] ?? 0) : this.#search(unit);
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
