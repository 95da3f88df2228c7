/**
 * One pattern over one text: from the places where a match may begin to the matches, leftmost and longest, in time linear
 * in the text that it looks at. It never looks at text that is not near a literal of the pattern.
 */
import { ALWAYS, LazyAutomaton, type State, type StateBudget } from './lazy-automaton.ts';
import type { Pattern } from './pattern.ts';
import { mirror } from './pattern-node.ts';
import type { Places } from './places.ts';
import { compileProgram, EDGE, type Neighbour } from './program.ts';

/** What has been said so far, as far as it is still needed. */
export interface Passage {
  readonly text: string;
  /** Position of the text's first code unit. */
  readonly base: number;
  /** Position behind the last code unit that may be looked at. */
  readonly end: number;
  /** Whether nothing follows. */
  readonly ended: boolean;
}

/** A search that goes on: a match that began at `lo` or later may still be under way at `at`. */
export interface Search {
  lo: number;
  at: number;
  state: State;
  /** Where a match ended last; -1: none yet. */
  accepted: number;
  /** Whether `lo` is the only place where a match may have begun: then `accepted` is the end of the longest. */
  single: boolean;
}

const NOWHERE = { list: [], next: 0 };

export class Finder {
  readonly minLength: number;
  readonly maxLength: number;
  readonly #forward: LazyAutomaton;
  readonly #backward: LazyAutomaton;

  constructor({ root, minLength, maxLength }: Pattern, budget: StateBudget) {
    this.minLength = minLength;
    this.maxLength = maxLength;
    this.#forward = new LazyAutomaton(compileProgram(root), budget);
    this.#backward = new LazyAutomaton(compileProgram(mirror(root)), budget);
  }

  begin(passage: Passage, lo: number): Search {
    return { lo, at: lo, state: this.#forward.start(this.#neighbour(passage, lo - 1)), accepted: -1, single: true };
  }

  /** Two searches at one place become one. */
  join(a: Search, b: Search): Search {
    return {
      lo: Math.min(a.lo, b.lo),
      at: a.at,
      state: this.#forward.join(a.state, b.state),
      accepted: Math.max(a.accepted, b.accepted),
      single: false,
    };
  }

  /**
   * Goes on until no match is under way or the passage is over; matches may begin at `places` that lie ahead.
   * @returns whether a match is under way at the end.
   */
  advance(search: Search, { text, base, end, ended }: Passage, { list, next }: Pick<Places, 'list' | 'next'>): boolean {
    const automaton = this.#forward;
    const { classes } = automaton;
    const { low } = classes;
    let { state, at, accepted } = search;
    let place = next;
    let lo = list[place] ?? Number.POSITIVE_INFINITY;
    let hi = list[place + 1] ?? 0;
    while (at < end) {
      if (at >= lo) {
        state = automaton.inject(state);
        if (at > search.lo) search.single = false;
        if (at >= hi) {
          place += 2;
          lo = list[place] ?? Number.POSITIVE_INFINITY;
          hi = list[place + 1] ?? 0;
        }
      }
      const unit = text.charCodeAt(at - base);
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      if (state.accepts !== 0 && (state.accepts & (1 << (classes.neighbour[unitClass] ?? 0))) !== 0) accepted = at;
      state = state.next[unitClass] ?? automaton.step(state, unitClass);
      at++;
      if (state.dead) break;
    }
    if (state.accepts === ALWAYS || (ended && at === end && (state.accepts & (1 << EDGE)) !== 0)) accepted = at;
    search.state = state;
    search.at = at;
    search.accepted = accepted;
    return at === end && state.live && !ended;
  }

  /**
   * A first look that keeps nothing: whether a match that begins in `[lo, hi]` is found, or still possible after `most` units.
   */
  glance({ text, base, end }: Passage, lo: number, hi: number, most: number): boolean {
    const automaton = this.#forward;
    const { classes } = automaton;
    const { low } = classes;
    let state = automaton.start(this.#neighbour({ text, base, end, ended: false }, lo - 1));
    const stop = Math.min(end, lo + most);
    for (let at = lo; at < stop; at++) {
      if (at > lo && at <= hi) state = automaton.inject(state);
      const unit = text.charCodeAt(at - base);
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      if (state.accepts !== 0 && (state.accepts & (1 << (classes.neighbour[unitClass] ?? 0))) !== 0) return true;
      state = state.next[unitClass] ?? automaton.step(state, unitClass);
      if (state.dead && at >= hi) return false;
    }
    return true;
  }

  /** All places in `[lo, end)` where a match begins that ends at `end` or before; ascending. */
  starts(passage: Passage, lo: number, end: number): number[] {
    const automaton = this.#backward;
    const { classes } = automaton;
    const { low } = classes;
    const { text, base } = passage;
    const found: number[] = [];
    let state = automaton.start(this.#neighbour(passage, end));
    for (let at = end; ; at--) {
      state = automaton.inject(state);
      if (state.accepts !== 0 && (state.accepts & (1 << this.#neighbour(passage, at - 1))) !== 0) found.push(at);
      if (at <= lo) break;
      const unit = text.charCodeAt(at - 1 - base);
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      state = state.next[unitClass] ?? automaton.step(state, unitClass);
    }
    return found.reverse();
  }

  /** The end of the longest match that begins at `start`, where one does. */
  longest(passage: Passage, start: number): number {
    const search = this.begin(passage, start);
    this.advance(search, passage, NOWHERE);
    return search.accepted;
  }

  #neighbour({ text, base, end, ended }: Passage, at: number): Neighbour {
    if (at < 0 || (ended && at >= end)) return EDGE;
    const { classes } = this.#forward;
    return classes.neighbour[classes.of(text.charCodeAt(at - base))] ?? EDGE;
  }
}
