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

/**
 * @param roots one or several patterns, no more than PATTERNS_MAX
 * @param loose takes more than the pattern does: whatever repeats more than LOOSE_COPIES_MAX times may repeat for ever. Such an
 * automaton has few states and says no for certain, yes only perhaps.
 */
export function compileProgram(roots: readonly PatternNode[], loose = false): Program {
  const steps: Step[] = [];
  const sets: CharSet[] = [];
  const numberOf = new Map<string, number>();
  /** A repeat's copies are one node. */
  const numberOfSet = new Map<CharSet, number>();
  let chains = 0;
  let hasPlaces = false;

  const setNumber = (set: CharSet): number => {
    let number = numberOfSet.get(set);
    if (number === undefined) {
      const key = set.join();
      number = numberOf.get(key) ?? sets.push(set) - 1;
      numberOf.set(key, number);
      numberOfSet.set(set, number);
    }
    return number;
  };
  const repeat = (item: PatternNode, min: number, max: number): void => {
    for (let i = 0; i < min; i++) emit(item);
    const chain = chains++;
    const forks: { b: number }[] = [];
    for (let i = min; i < max; i++) {
      const fork = { op: 'fork' as const, a: steps.length + 1, b: 0, chain };
      forks.push(fork);
      steps.push(fork);
      emit(item);
    }
    for (const fork of forks) fork.b = steps.length;
  };
  const loop = (item: PatternNode, min: number): void => {
    for (let i = 0; i < Math.min(min, LOOSE_COPIES_MAX); i++) emit(item);
    const at = steps.length;
    const fork = { op: 'fork' as const, a: at + 1, b: 0, chain: -1 };
    steps.push(fork);
    emit(item);
    steps.push({ op: 'go', to: at });
    fork.b = steps.length;
  };
  const choice = (items: readonly PatternNode[]): void => {
    const exits: { to: number }[] = [];
    items.forEach((item, i) => {
      const last = i === items.length - 1;
      const fork = { op: 'fork' as const, a: steps.length + 1, b: 0, chain: -1 };
      if (!last) steps.push(fork);
      emit(item);
      if (last) return;
      const exit = { op: 'go' as const, to: 0 };
      exits.push(exit);
      steps.push(exit);
      fork.b = steps.length;
    });
    for (const exit of exits) exit.to = steps.length;
  };
  const emit = (node: PatternNode): void => {
    switch (node.kind) {
      case 'unit':
        steps.push({ op: 'unit', set: setNumber(node.set) });
        break;
      case 'place':
        hasPlaces = true;
        steps.push({ op: 'place', place: node.place });
        break;
      case 'all':
        node.items.forEach(emit);
        break;
      case 'any':
        choice(node.items);
        break;
      case 'repeat':
        if (loose && node.max > LOOSE_COPIES_MAX) loop(node.item, node.min);
        else repeat(node.item, node.min, node.max);
        break;
    }
  };
  const ends: number[] = [];
  roots.forEach((root, i) => {
    const fork = { op: 'fork' as const, a: steps.length + 1, b: 0, chain: -1 };
    if (i < roots.length - 1) steps.push(fork);
    emit(root);
    steps.push({ op: 'match', of: i });
    ends.push(steps.length);
    fork.b = steps.length;
  });
  const patternOf = new Int32Array(steps.length);
  ends.forEach((end, i) => {
    patternOf.fill(1 << i, ends[i - 1] ?? 0, end);
  });
  return { steps, sets, chains, hasPlaces, patternOf };
}
