/**
 * What must stand beside a literal: a few units to its left or right tell nearly every chance hit from a match. One walk tells it
 * of all patterns that share the literal. It takes more than the patterns do, so that a no is certain and a yes means: search.
 */
import type { Passage } from './finder.ts';
import { LazyAutomaton, type StateBudget, TELLS } from './lazy-automaton.ts';
import { SIDE_UNITS_MAX } from './limits.ts';
import { mirror, type PatternNode } from './pattern-node.ts';
import { compileProgram, EDGE, PATTERNS_MAX } from './program.ts';

/** What a pattern has on one side of a literal, in the order of the text; null: not known, anything may stand there. */
export type SideItems = readonly PatternNode[] | null;

export class Side {
  /** Patterns that ask nothing. */
  readonly #free: number;
  readonly #roots: readonly PatternNode[];
  readonly #budget: StateBudget;
  readonly #toLeft: boolean;
  #automaton: LazyAutomaton | undefined;

  /** @param all of no more than PATTERNS_MAX patterns. */
  constructor(all: readonly SideItems[], toLeft: boolean, budget: StateBudget) {
    const asks = all.map((items) => items !== null && items.length > 0);
    this.#free = asks.reduce((mask, some, i) => (some ? mask : mask | (1 << i)), 0);
    this.#roots = asks.includes(true) ? all.map((items): PatternNode => ({ kind: 'all', items: items ?? [] })) : [];
    this.#toLeft = toLeft;
    this.#budget = budget;
  }

  /** @param from position between the literal and this side. @returns a bit for each pattern that may match there. */
  allowed({ units, base, end, ended }: Passage, from: number): number {
    if (this.#roots.length === 0) return this.#free;
    this.#automaton ??= this.#build();
    const automaton = this.#automaton;
    const { classes, width } = automaton;
    const { low, neighbour } = classes;
    const step = this.#toLeft ? -1 : 1;
    const ahead = this.#toLeft ? -1 : 0;
    const stop = this.#toLeft ? Math.max(base, from - SIDE_UNITS_MAX) : Math.min(end, from + SIDE_UNITS_MAX);
    const behind = classes.of(units[from - 1 - ahead - base] ?? 0);
    let state = automaton.start(neighbour[behind] ?? EDGE);
    let { next, accepts, lives } = automaton;
    let allowed = this.#free;
    let tells = 1;
    for (let at = from; at !== stop; at += step) {
      const unit = units[at + ahead - base] ?? 0;
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      if (tells !== 0) {
        allowed |= accepts[state * 4 + (neighbour[unitClass] ?? 0)] ?? 0;
        if (((lives[state] ?? 0) & ~allowed) === 0) {
          this.#budget.steps += Math.abs(at - from);
          return allowed;
        }
      }
      let entry = next[state * width + unitClass] ?? -1;
      if (entry < 0) {
        entry = automaton.step(state, unitClass);
        ({ next, accepts, lives } = automaton);
      }
      state = entry >> 1;
      tells = entry & TELLS;
    }
    this.#budget.steps += Math.abs(stop - from);
    const atEdge = this.#toLeft ? stop === 0 : ended && stop === end;
    if (atEdge) return allowed | (accepts[state * 4 + EDGE] ?? 0);
    for (let sort = 0; sort < 4; sort++) allowed |= accepts[state * 4 + sort] ?? 0;
    return allowed | (lives[state] ?? 0);
  }

  #build(): LazyAutomaton {
    const roots = this.#toLeft ? this.#roots.map(mirror) : this.#roots;
    return new LazyAutomaton(compileProgram(roots, true), this.#budget);
  }
}

/** Sides of the same patterns are one, whatever the literal. */
export class SidePool {
  readonly #budget: StateBudget;
  readonly #numbers = new Map<SideItems, number>();
  readonly #sides = new Map<string, Side>();

  constructor(budget: StateBudget) {
    this.#budget = budget;
  }

  of(all: readonly SideItems[], toLeft: boolean): Side {
    const key = `${toLeft} ${all.map((items) => this.#number(items)).join()}`;
    const side = this.#sides.get(key) ?? new Side(all, toLeft, this.#budget);
    this.#sides.set(key, side);
    return side;
  }

  #number(items: SideItems): number {
    const number = this.#numbers.get(items) ?? this.#numbers.size;
    this.#numbers.set(items, number);
    return number;
  }
}

/** In parts that a mask holds. */
export function* parted<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += PATTERNS_MAX) yield all.slice(at, at + PATTERNS_MAX);
}
