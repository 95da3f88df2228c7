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

export type Step =
  | { readonly op: 'unit'; readonly set: number }
  | { readonly op: 'place'; readonly place: Place }
  | { readonly op: 'go'; readonly to: number }
  /**
   * `chain` numbers the optional copies of one repeat. Who stands before copy k can do all that one who stands before a later
   * copy can, so that of each chain only the earliest position is kept: the sets stay small whatever the text.
   */
  | { readonly op: 'fork'; readonly a: number; b: number; readonly chain: number }
  /** `of`: which of the program's patterns. */
  | { readonly op: 'match'; readonly of: number };

export interface Program {
  readonly steps: readonly Step[];
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

class Writer {
  readonly steps: Step[] = [];
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
        this.steps.push({ op: 'unit', set: this.#setNumber(node.set) });
        break;
      case 'place':
        this.hasPlaces = true;
        this.steps.push({ op: 'place', place: node.place });
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

  /** Its first way is what is written next, its second is set by whoever knows it. */
  fork(chain = -1): { b: number } {
    const fork = { op: 'fork' as const, a: this.steps.length + 1, b: 0, chain };
    this.steps.push(fork);
    return fork;
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
    const forks: { b: number }[] = [];
    for (let i = min; i < max; i++) {
      forks.push(this.fork(chain));
      this.write(item);
    }
    for (const fork of forks) fork.b = this.steps.length;
  }

  #loop(item: PatternNode, min: number): void {
    for (let i = 0; i < Math.min(min, LOOSE_COPIES_MAX); i++) this.write(item);
    const at = this.steps.length;
    const fork = this.fork();
    this.write(item);
    this.steps.push({ op: 'go', to: at });
    fork.b = this.steps.length;
  }

  #choice(items: readonly PatternNode[]): void {
    const exits: { to: number }[] = [];
    items.forEach((item, i) => {
      const isLast = i === items.length - 1;
      const fork = isLast ? null : this.fork();
      this.write(item);
      if (fork === null) return;
      const exit = { op: 'go' as const, to: 0 };
      exits.push(exit);
      this.steps.push(exit);
      fork.b = this.steps.length;
    });
    for (const exit of exits) exit.to = this.steps.length;
  }
}

/**
 * @param roots one or several patterns, no more than PATTERNS_MAX
 * @param loose takes more than the pattern does: whatever repeats more than LOOSE_COPIES_MAX times may repeat for ever. Such an
 * automaton has few states and says no for certain, yes only perhaps.
 */
export function compileProgram(roots: readonly PatternNode[], loose = false): Program {
  const writer = new Writer(loose);
  const { steps, sets } = writer;
  const ends = roots.map((root, i) => {
    const fork = i < roots.length - 1 ? writer.fork() : null;
    writer.write(root);
    const end = steps.push({ op: 'match', of: i });
    if (fork) fork.b = end;
    return end;
  });
  const patternOf = new Int32Array(steps.length);
  ends.forEach((end, i) => {
    patternOf.fill(1 << i, ends[i - 1] ?? 0, end);
  });
  return { steps, sets, chains: writer.chains, hasPlaces: writer.hasPlaces, patternOf };
}
