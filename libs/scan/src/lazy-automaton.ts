/**
 * A deterministic automaton of one pattern, built state by state as text asks for it: one step per code unit, no backtracking.
 * States are shared and bounded in number; when the bound is reached all are forgotten and built again as needed.
 */
import { STATES_KEPT_MAX } from './limits.ts';
import { EDGE, holds, type Neighbour, type Program, type Step } from './program.ts';
import { UnitClasses } from './unit-classes.ts';

export interface State {
  /** Steps that may come next, ascending: of kind unit, place or match. */
  readonly core: readonly number[];
  readonly before: Neighbour;
  /** Bit n: a match ends here if the neighbour behind is of sort n. */
  readonly accepts: number;
  /** Whether more text could lead to a (longer) match. */
  readonly live: boolean;
  readonly dead: boolean;
  readonly next: (State | undefined)[];
  injected: State | undefined;
}

export const ALWAYS = 0b1111;

/** How many states the automata of one scanner may still make before they forget. */
export class StateBudget {
  round = 0;
  #left = STATES_KEPT_MAX;
  take(): void {
    if (--this.#left > 0) return;
    this.#left = STATES_KEPT_MAX;
    this.round++;
  }
}

export class LazyAutomaton {
  readonly classes: UnitClasses;
  readonly #program: Program;
  readonly #budget: StateBudget;
  readonly #seen: Uint32Array;
  readonly #chainAt: Uint32Array;
  readonly #starts: (State | undefined)[] = [];
  #mark = 0;
  #round = 0;
  #states = new Map<string, State>();

  constructor(program: Program, budget: StateBudget) {
    this.#program = program;
    this.#budget = budget;
    this.classes = new UnitClasses(program);
    this.#seen = new Uint32Array(program.steps.length);
    this.#chainAt = new Uint32Array(program.chains);
  }

  /** Before the first unit of a match, with what stands before it. */
  start(before: Neighbour): State {
    this.#starts[before] ??= this.#state(this.#closure([0], null), before);
    return this.#starts[before];
  }

  /** The same, and a match may begin here too. */
  inject(state: State): State {
    state.injected ??= this.#state(this.#closure([0, ...state.core], null), state.before);
    return state.injected;
  }

  /** Two that stand at the same place, as one. */
  join(a: State, b: State): State {
    return this.#state(this.#closure([...a.core, ...b.core], null), a.before);
  }

  step(state: State, unitClass: number): State {
    const after = this.classes.neighbour[unitClass] ?? EDGE;
    const { steps, hasPlaces } = this.#program;
    const ready = hasPlaces ? this.#closure(state.core, [state.before, after]) : state.core;
    const targets: number[] = [];
    for (const at of ready) {
      const step = steps[at];
      if (step?.op === 'unit' && this.classes.members[step.set]?.[unitClass]) targets.push(at + 1);
    }
    const next = this.#state(this.#closure(targets, null), after);
    state.next[unitClass] = next;
    return next;
  }

  /** What can be reached without text; places are passed only where the neighbours are known and right. */
  #closure(from: readonly number[], around: readonly [Neighbour, Neighbour] | null): number[] {
    const { steps } = this.#program;
    const mark = ++this.#mark;
    const out: number[] = [];
    const follow = (at: number, step: Step | undefined): number => {
      if (step?.op === 'go') return step.to;
      if (step?.op === 'fork') {
        if (step.chain >= 0) {
          if (this.#chainAt[step.chain] === mark) return -1;
          this.#chainAt[step.chain] = mark;
        }
        pending.push(step.b);
        return step.a;
      }
      if (step?.op === 'place' && around && holds(step.place, ...around)) return at + 1;
      out.push(at);
      return -1;
    };
    // From the front: of a chain the earliest comes first.
    const pending = from.toSorted((a, b) => b - a);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      while (at >= 0 && this.#seen[at] !== mark) {
        this.#seen[at] = mark;
        at = follow(at, steps[at]);
      }
    }
    return out.sort((a, b) => a - b);
  }

  #state(core: readonly number[], around: Neighbour): State {
    const { steps, hasPlaces } = this.#program;
    const before = hasPlaces ? around : EDGE;
    if (this.#round !== this.#budget.round) {
      this.#round = this.#budget.round;
      this.#states = new Map();
      this.#starts.length = 0;
    }
    const key = `${before}:${core.join()}`;
    const known = this.#states.get(key);
    if (known) return known;
    const matches = (reached: readonly number[]): boolean => reached.some((at) => steps[at]?.op === 'match');
    let accepts = matches(core) ? ALWAYS : 0;
    if (accepts === 0 && core.some((at) => steps[at]?.op === 'place')) {
      for (const after of [0, 1, 2, 3] as const) {
        if (matches(this.#closure(core, [before, after]))) accepts |= 1 << after;
      }
    }
    const live = core.some((at) => steps[at]?.op !== 'match');
    const next = new Array<State | undefined>(this.classes.count).fill(undefined);
    const state: State = { core, before, accepts, live, dead: core.length === 0, next, injected: undefined };
    this.#budget.take();
    this.#states.set(key, state);
    return state;
  }
}
