/**
 * One pattern over one text: from the places where a match may begin to the matches, leftmost and longest, in time linear
 * in the text that it looks at. It never looks at text that is not near a literal of the pattern. Its automata are built when
 * they are first asked: most patterns never are.
 */
import { ALWAYS, DEAD, type Kept, LazyAutomaton, LIVE, type StateBudget, TELLS } from './lazy-automaton.ts';
import type { Pattern } from './pattern.ts';
import { mirror } from './pattern-node.ts';
import type { Places } from './places.ts';
import { compileProgram, EDGE, type Neighbour } from './program.ts';

/** What has been said so far, as far as it is still needed. */
export interface Passage {
  readonly units: Uint16Array;
  /** Position of the first of them. */
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
  state: Kept;
  /** Where a match ended last; -1: none yet. */
  accepted: number;
  /** Whether `lo` is the only place where a match may have begun: then `accepted` is the end of the longest. */
  single: boolean;
}

/** Beyond every text, and an integer that loops compare without a thought. */
const NOWHERE_AHEAD = 0x3fff_ffff;
const NOWHERE = { list: [], next: 0 };

export class Finder {
  readonly minLength: number;
  readonly maxLength: number;
  readonly #pattern: Pattern;
  readonly #budget: StateBudget;
  #forwards: LazyAutomaton | undefined;
  #backwards: LazyAutomaton | undefined;

  constructor(pattern: Pattern, budget: StateBudget) {
    this.minLength = pattern.minLength;
    this.maxLength = pattern.maxLength;
    this.#pattern = pattern;
    this.#budget = budget;
  }

  get #forward(): LazyAutomaton {
    this.#forwards ??= new LazyAutomaton(compileProgram([this.#pattern.root]), this.#budget);
    return this.#forwards;
  }

  get #backward(): LazyAutomaton {
    this.#backwards ??= new LazyAutomaton(compileProgram([mirror(this.#pattern.root)]), this.#budget);
    return this.#backwards;
  }

  begin(passage: Passage, lo: number): Search {
    const automaton = this.#forward;
    const state = automaton.kept(automaton.start(this.#neighbour(passage, lo - 1)));
    return { lo, at: lo, state, accepted: -1, single: true };
  }

  /** Two searches at one place become one. */
  join(a: Search, b: Search): Search {
    const automaton = this.#forward;
    return {
      lo: Math.min(a.lo, b.lo),
      at: a.at,
      state: automaton.kept(automaton.join(a.state, b.state)),
      accepted: Math.max(a.accepted, b.accepted),
      single: false,
    };
  }

  /**
   * Goes on until no match is under way or the passage is over; matches may begin at `places` that lie ahead.
   * @returns whether a match is under way at the end.
   */
  advance(search: Search, passage: Passage, { list, next: first }: Pick<Places, 'list' | 'next'>): boolean {
    const { units, base, end } = passage;
    const automaton = this.#forward;
    const { classes, width } = automaton;
    const { low, neighbour } = classes;
    let state = automaton.stateOf(search.state);
    let { at, accepted } = search;
    let { next, flags } = automaton;
    let place = first;
    let lo = list[place] ?? NOWHERE_AHEAD;
    let hi = list[place + 1] ?? 0;
    let tells = 1;
    /** Of the unit before; -1: none. */
    let classBefore = at === 0 ? -1 : classes.of(units[at - 1 - base] ?? 0);
    while (at < end) {
      const unit = units[at - base] ?? 0;
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      if (at >= lo) {
        const before = neighbour[classBefore] ?? EDGE;
        let begins = automaton.begins[before * width + unitClass] ?? -1;
        if (begins < 0) {
          const kept = automaton.kept(state);
          begins = automaton.mayBegin(before, unitClass);
          state = automaton.stateOf(kept);
        }
        if (begins > 0) {
          state = automaton.inject(state);
          tells = 1;
          if (at > search.lo) search.single = false;
        }
        ({ next, flags } = automaton);
        if (at >= hi) {
          place += 2;
          lo = list[place] ?? NOWHERE_AHEAD;
          hi = list[place + 1] ?? 0;
        }
      }
      if (tells !== 0 && ((flags[state] ?? 0) & (1 << (neighbour[unitClass] ?? 0))) !== 0) accepted = at;
      let entry = next[state * width + unitClass] ?? -1;
      if (entry < 0) {
        entry = automaton.step(state, unitClass);
        ({ next, flags } = automaton);
      }
      state = entry >> 1;
      tells = entry & TELLS;
      classBefore = unitClass;
      at++;
      // Nothing begins and nothing ends: most of the way.
      while (tells === 0 && at < lo && at < end) {
        const here = units[at - base] ?? 0;
        const hereClass = here < 256 ? (low[here] ?? 0) : classes.of(here);
        entry = next[state * width + hereClass] ?? -1;
        if (entry < 0) break;
        state = entry >> 1;
        tells = entry & TELLS;
        classBefore = hereClass;
        at++;
      }
      if (tells === 0 || ((flags[state] ?? 0) & DEAD) === 0) continue;
      if (accepted >= 0 || at < lo || at >= end) break;
      // Nothing was found, and the next place is the next unit: no need to set out again.
      search.lo = at;
      search.single = true;
    }
    this.#budget.steps += at - search.at;
    search.at = at;
    search.accepted = accepted;
    return this.#rest(search, state, passage);
  }

  /** @returns whether a match is under way there. */
  #rest(search: Search, state: number, { end, ended }: Passage): boolean {
    const automaton = this.#forward;
    const { at } = search;
    const last = automaton.flags[state] ?? 0;
    if ((last & ALWAYS) === ALWAYS || (ended && at === end && (last & (1 << EDGE)) !== 0)) search.accepted = at;
    search.state = automaton.kept(state);
    return at === end && (last & LIVE) !== 0 && !ended;
  }

  /** All places in `[lo, end)` where a match begins that ends at `end` or before; ascending. */
  starts(passage: Passage, lo: number, end: number): number[] {
    const automaton = this.#backward;
    const { classes, width } = automaton;
    const { units, base } = passage;
    const found: number[] = [];
    let state = automaton.start(this.#neighbour(passage, end));
    for (let at = end; ; at--) {
      state = automaton.inject(state);
      const flag = automaton.flags[state] ?? 0;
      if ((flag & ALWAYS) !== 0 && (flag & (1 << this.#neighbour(passage, at - 1))) !== 0) found.push(at);
      if (at <= lo) break;
      const unitClass = classes.of(units[at - 1 - base] ?? 0);
      const known = automaton.next[state * width + unitClass] ?? -1;
      state = (known >= 0 ? known : automaton.step(state, unitClass)) >> 1;
    }
    this.#budget.steps += end - lo;
    return found.reverse();
  }

  /** The end of the longest match that begins at `start`, where one does. */
  longest(passage: Passage, start: number): number {
    const search = this.begin(passage, start);
    this.advance(search, passage, NOWHERE);
    return search.accepted;
  }

  #neighbour({ units, base, end, ended }: Passage, at: number): Neighbour {
    if (at < 0 || (ended && at >= end)) return EDGE;
    const { classes } = this.#forward;
    return classes.neighbour[classes.of(units[at - base] ?? 0)] ?? EDGE;
  }
}
