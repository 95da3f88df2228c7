/**
 * A deterministic automaton of one pattern, or several at once, built state by state as text asks for it: one step per code unit, no backtracking.
 * States are numbers, rows of one flat table. They are bounded in number over all automata of a scanner; when the bound is
 * reached all are forgotten and built again as needed.
 */
import { STATES_KEPT_MAX, STATES_OF_ONE_MAX } from './limits.ts';
import { EDGE, FORK, GO, holds, MATCH, type Neighbour, PLACE, PLACES, type Program, UNIT } from './program.ts';
import { UnitClasses } from './unit-classes.ts';

/** Bits 0 to 3 of a state's flags: bit n: a match ends here if the neighbour behind is of sort n. */
export const ALWAYS = 0b1111;
/** More text could lead to a (longer) match. */
export const LIVE = 1 << 4;
/** Nothing is under way any more. */
export const DEAD = 1 << 5;

/** Of a step: the state behind it accepts, or less could match there than before. */
export const TELLS = 1;

const NONE = -1;

/** How many states the automata of one scanner may still make before they forget. */
export class StateBudget {
  round = 0;
  /** Steps taken: code units looked at by automata of patterns, and steps of programs followed to build their states. */
  steps = 0;
  #left = STATES_KEPT_MAX;
  take(): void {
    if (--this.#left <= 0) this.forget();
  }

  forget(): void {
    this.#left = STATES_KEPT_MAX;
    this.round++;
  }
}

/** A state that outlives what the automaton forgets. */
export interface Kept {
  /** Steps that may come next, ascending: of kind unit, place or match. */
  readonly core: readonly number[];
  readonly before: Neighbour;
  /** Its number in that round. */
  readonly number: number;
  readonly round: number;
}

function larger<T extends Int16Array | Int32Array>(table: T, grown: T): T {
  grown.fill(NONE, table.length).set(table);
  return grown;
}

export class LazyAutomaton {
  readonly classes: UnitClasses;
  /** Columns of `next`. */
  readonly width: number;
  /**
   * By state times `width` and class: twice the state behind it, plus TELLS; negative: ask `step`. Small numbers: what texts make of
   * hundreds of automata has to stay in the cache. This and the next are other arrays after any call of this automaton.
   */
  next = new Int16Array(0);
  /** By state. */
  flags = new Uint8Array(4);
  /** By state and sort of neighbour behind, four a state: a bit for each pattern that matches there. */
  accepts = new Int32Array(16);
  /** By state: a bit for each pattern to whose match more text could lead. */
  lives = new Int32Array(4);
  /** By sort of neighbour before and class: 1 where a match may begin with such a unit, 0 where not; negative: ask `mayBegin`. */
  readonly begins: Int8Array;
  readonly #program: Program;
  readonly #budget: StateBudget;
  readonly #seen: Uint32Array;
  readonly #chainAt: Uint32Array;
  readonly #starts = [NONE, NONE, NONE, NONE];
  #mark = 0;
  #round = 0;
  #kept: Kept[] = [];
  #injected: number[] = [];
  #numbers = new Map<string, number>();

  constructor(program: Program, budget: StateBudget) {
    this.#program = program;
    this.#budget = budget;
    this.#round = budget.round;
    this.classes = new UnitClasses(program);
    this.width = this.classes.count;
    this.begins = new Int8Array(4 * this.width).fill(NONE);
    this.#seen = new Uint32Array(program.ops.length);
    this.#chainAt = new Uint32Array(program.chains);
    budget.steps += program.ops.length;
  }

  /** Before the first unit of a match, with what stands before it. */
  start(before: Neighbour): number {
    const known = this.#starts[before] ?? NONE;
    if (known !== NONE) return known;
    const { hasPlaces } = this.#program;
    const state = this.#state(this.#closure([0], null), before);
    if (hasPlaces) this.#starts[before] = state;
    else this.#starts.fill(state);
    return state;
  }

  /** @returns what `begins` has there from now on. */
  mayBegin(before: Neighbour, unitClass: number): number {
    const state = this.step(this.start(before), unitClass) >> 1;
    const may = ((this.flags[state] ?? 0) & DEAD) === 0 ? 1 : 0;
    this.begins[before * this.width + unitClass] = may;
    return may;
  }

  /** The same, and a match may begin here too. */
  inject(state: number): number {
    const known = this.#injected[state] ?? NONE;
    if (known !== NONE) return known;
    const { core, before } = this.kept(state);
    const round = this.#round;
    const injected = this.#state(this.#closure([0, ...core], null), before);
    if (round === this.#round) this.#injected[state] = injected;
    return injected;
  }

  /** Two that stand at the same place, as one. */
  join(a: Kept, b: Kept): number {
    return this.#state(this.#closure([...a.core, ...b.core], null), a.before);
  }

  kept(state: number): Kept {
    return this.#kept[state] ?? { core: [], before: EDGE, number: NONE, round: NONE };
  }

  /** The number that a state has now. */
  stateOf({ core, before, number, round }: Kept): number {
    return round === this.#round ? number : this.#state(core, before);
  }

  /** @returns what `next` has there from now on. */
  step(state: number, unitClass: number): number {
    const after = this.classes.neighbour[unitClass] ?? EDGE;
    const { ops, args, hasPlaces } = this.#program;
    const { core, before } = this.kept(state);
    const ready = hasPlaces ? this.#closure(core, [before, after]) : core;
    const targets: number[] = [];
    for (const at of ready) {
      if (ops[at] === UNIT && this.classes.members[args[at] ?? 0]?.[unitClass]) targets.push(at + 1);
    }
    const round = this.#round;
    const lives = this.lives[state] ?? 0;
    const to = this.#state(this.#closure(targets, null), after);
    const tells = ((this.flags[to] ?? 0) & (ALWAYS | DEAD)) !== 0 || this.lives[to] !== lives;
    const entry = 2 * to + (tells ? TELLS : 0);
    if (round === this.#round) this.next[state * this.width + unitClass] = entry;
    return entry;
  }

  /** What can be reached without text; places are passed only where the neighbours are known and right. */
  #closure(from: readonly number[], around: readonly [Neighbour, Neighbour] | null): number[] {
    const { ops, args, others } = this.#program;
    const mark = ++this.#mark;
    const out: number[] = [];
    const follow = (at: number): number => {
      const op = ops[at] ?? 0;
      const arg = args[at] ?? 0;
      if (op === GO) return arg;
      if (op === FORK) {
        if (arg >= 0) {
          if (this.#chainAt[arg] === mark) return -1;
          this.#chainAt[arg] = mark;
        }
        pending.push(others[at] ?? 0);
        return at + 1;
      }
      const place = op === PLACE && around ? PLACES[arg] : undefined;
      if (place !== undefined && around && holds(place, ...around)) return at + 1;
      out.push(at);
      return -1;
    };
    // From the front: of a chain the earliest comes first.
    const pending = from.toSorted((a, b) => b - a);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      while (at >= 0 && this.#seen[at] !== mark) {
        this.#budget.steps++;
        this.#seen[at] = mark;
        at = follow(at);
      }
    }
    return out.sort((a, b) => a - b);
  }

  #state(core: readonly number[], around: Neighbour): number {
    const before = this.#program.hasPlaces ? around : EDGE;
    if (this.#kept.length >= STATES_OF_ONE_MAX) this.#budget.forget();
    if (this.#round !== this.#budget.round) this.#forget();
    const key = `${before}:${core.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const state = this.#kept.length;
    this.#kept.push({ core, before, number: state, round: this.#round });
    this.#numbers.set(key, state);
    this.#injected.push(NONE);
    if (state >= this.flags.length) {
      const flags = new Uint8Array(2 * state);
      flags.set(this.flags);
      this.flags = flags;
      this.accepts = larger(this.accepts, new Int32Array(8 * state));
      this.lives = larger(this.lives, new Int32Array(2 * state));
    }
    if ((state + 1) * this.width > this.next.length) {
      this.next = larger(this.next, new Int16Array(Math.max(4 * this.width, 2 * state * this.width)));
    }
    this.#describe(state, core, before);
    this.#budget.take();
    return state;
  }

  #describe(state: number, core: readonly number[], before: Neighbour): void {
    const { ops, patternOf } = this.#program;
    const matchesIn = (reached: readonly number[]): number =>
      reached.reduce((mask, at) => (ops[at] === MATCH ? mask | (patternOf[at] ?? 0) : mask), 0);
    const always = matchesIn(core);
    const asks = core.some((at) => ops[at] === PLACE);
    let flags = core.length === 0 ? DEAD : 0;
    for (const after of [0, 1, 2, 3] as const) {
      const mask = asks ? always | matchesIn(this.#closure(core, [before, after])) : always;
      this.accepts[state * 4 + after] = mask;
      if (mask !== 0) flags |= 1 << after;
    }
    const lives = core.reduce((mask, at) => (ops[at] === MATCH ? mask : mask | (patternOf[at] ?? 0)), 0);
    this.lives[state] = lives;
    this.flags[state] = lives === 0 ? flags : flags | LIVE;
  }

  #forget(): void {
    this.#round = this.#budget.round;
    this.#numbers = new Map();
    this.#kept = [];
    this.#injected = [];
    this.#starts.fill(NONE);
    this.next = new Int16Array(0);
    this.flags = new Uint8Array(4);
    this.accepts = new Int32Array(16);
    this.lives = new Int32Array(4);
  }
}
