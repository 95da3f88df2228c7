/** A pattern's tree as steps of a non-deterministic automaton (Thompson, 1968), repeats written out. */
import type { CharSet } from './char-set.ts';
import { LOOSE_COPIES_MAX } from './limits.ts';
import type { PatternNode, Place } from './pattern-node.ts';

/** Where a match may begin, end or pass a boundary: the four sorts of neighbour that tell. */
export const EDGE = 0;
export const WORD_UNIT = 1;
export const LINE_UNIT = 2;
export const OTHER_UNIT = 3;
export type Neighbour = typeof EDGE | typeof WORD_UNIT | typeof LINE_UNIT | typeof OTHER_UNIT;

/** Goes on behind a unit of the set `arg`. */
export const UNIT = 0;
/** Goes on where PLACES[arg] is. */
export const PLACE = 1;
/** Goes on at `arg`. */
export const GO = 2;
/**
 * Goes on at the next step and at `other`. `arg` numbers the optional copies of one repeat, -1: none. Who stands before copy k can
 * do all that one who stands before a later copy can, so that of each chain only the earliest position is kept: the sets stay small
 * whatever the text.
 */
export const FORK = 3;
export const MATCH = 4;

export const PLACES: readonly Place[] = ['start', 'end', 'line-start', 'line-end', 'boundary', 'no-boundary'];

/** Steps are numbers in arrays: a repeat written out is thousands of them, and a text may ask for hundreds of programs at once. */
export interface Program {
  /** By step: which of the five it is. */
  readonly ops: Uint8Array;
  readonly args: Int32Array;
  readonly others: Int32Array;
  readonly sets: readonly CharSet[];
  readonly chains: number;
  readonly hasPlaces: boolean;
  /** By step: a bit for the pattern that it is part of. */
  readonly patternOf: Int32Array;
}

/** As many as there are bits in a mask that is never negative. */
export const PATTERNS_MAX = 31;

export function holds(place: Place, before: Neighbour, after: Neighbour): boolean {
  switch (place) {
    case 'start':
      return before === EDGE;
    case 'end':
      return after === EDGE;
    case 'line-start':
      return before === EDGE || before === LINE_UNIT;
    case 'line-end':
      return after === EDGE || after === LINE_UNIT;
    case 'boundary':
      return (before === WORD_UNIT) !== (after === WORD_UNIT);
    case 'no-boundary':
      return (before === WORD_UNIT) === (after === WORD_UNIT);
  }
}

const FIRST_ROOM = 64;

class Writer {
  ops = new Uint8Array(FIRST_ROOM);
  args = new Int32Array(FIRST_ROOM);
  others = new Int32Array(FIRST_ROOM);
  /** Steps written so far: the number of the next. */
  length = 0;
  readonly sets: CharSet[] = [];
  chains = 0;
  hasPlaces = false;
  readonly #loose: boolean;
  readonly #numberOf = new Map<string, number>();
  /** A repeat's copies are one node. */
  readonly #numberOfSet = new Map<CharSet, number>();

  constructor(loose: boolean) {
    this.#loose = loose;
  }

  write(node: PatternNode): void {
    switch (node.kind) {
      case 'unit':
        this.add(UNIT, this.#setNumber(node.set));
        break;
      case 'place':
        this.hasPlaces = true;
        this.add(PLACE, PLACES.indexOf(node.place));
        break;
      case 'all':
        for (const item of node.items) this.write(item);
        break;
      case 'any':
        this.#choice(node.items);
        break;
      case 'repeat':
        if (this.#loose && node.max > LOOSE_COPIES_MAX) this.#loop(node.item, node.min);
        else this.#repeat(node.item, node.min, node.max);
        break;
    }
  }

  /** @returns its number. */
  add(op: number, arg: number): number {
    const at = this.length++;
    if (at === this.ops.length) {
      this.ops = larger(this.ops, new Uint8Array(2 * at));
      this.args = larger(this.args, new Int32Array(2 * at));
      this.others = larger(this.others, new Int32Array(2 * at));
    }
    this.ops[at] = op;
    this.args[at] = arg;
    return at;
  }

  /** Its first way is what is written next, its second `joinHere`. @returns its number. */
  fork(chain = -1): number {
    return this.add(FORK, chain);
  }

  /** What is written next is the fork's second way. */
  joinHere(fork: number): void {
    this.others[fork] = this.length;
  }

  #setNumber(set: CharSet): number {
    let number = this.#numberOfSet.get(set);
    if (number === undefined) {
      const key = set.join();
      number = this.#numberOf.get(key) ?? this.sets.push(set) - 1;
      this.#numberOf.set(key, number);
      this.#numberOfSet.set(set, number);
    }
    return number;
  }

  #repeat(item: PatternNode, min: number, max: number): void {
    for (let i = 0; i < min; i++) this.write(item);
    const chain = this.chains++;
    const forks: number[] = [];
    for (let i = min; i < max; i++) {
      forks.push(this.fork(chain));
      this.write(item);
    }
    for (const fork of forks) this.joinHere(fork);
  }

  #loop(item: PatternNode, min: number): void {
    for (let i = 0; i < Math.min(min, LOOSE_COPIES_MAX); i++) this.write(item);
    const fork = this.fork();
    this.write(item);
    this.add(GO, fork);
    this.joinHere(fork);
  }

  #choice(items: readonly PatternNode[]): void {
    const exits: number[] = [];
    items.forEach((item, i) => {
      const isLast = i === items.length - 1;
      const fork = isLast ? null : this.fork();
      this.write(item);
      if (fork === null) return;
      exits.push(this.add(GO, 0));
      this.joinHere(fork);
    });
    for (const exit of exits) this.args[exit] = this.length;
  }
}

function larger<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/**
 * @param roots one or several patterns, no more than PATTERNS_MAX
 * @param loose takes more than the pattern does: whatever repeats more than LOOSE_COPIES_MAX times may repeat for ever. Such an
 * automaton has few states and says no for certain, yes only perhaps.
 */
export function compileProgram(roots: readonly PatternNode[], loose = false): Program {
  const writer = new Writer(loose);
  const ends = roots.map((root, i) => {
    const fork = i < roots.length - 1 ? writer.fork() : null;
    writer.write(root);
    writer.add(MATCH, i);
    if (fork !== null) writer.joinHere(fork);
    return writer.length;
  });
  const { ops, args, others, length, sets, chains, hasPlaces } = writer;
  const patternOf = new Int32Array(length);
  ends.forEach((end, i) => {
    patternOf.fill(1 << i, ends[i - 1] ?? 0, end);
  });
  return {
    ops: ops.slice(0, length),
    args: args.slice(0, length),
    others: others.slice(0, length),
    sets,
    chains,
    hasPlaces,
    patternOf,
  };
}
