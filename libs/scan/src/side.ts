/**
 * What must stand beside a literal of a pattern: a few units to its left or right tell nearly every chance hit from a match.
 * It takes more than the pattern does, so that a no is certain and a yes means: search.
 */
import type { Passage } from './finder.ts';
import { ALWAYS, DEAD, LazyAutomaton, type StateBudget } from './lazy-automaton.ts';
import { SIDE_UNITS_MAX } from './limits.ts';
import { mirror, type PatternNode } from './pattern-node.ts';
import { compileProgram, EDGE } from './program.ts';

export class Side {
  readonly #items: readonly PatternNode[];
  readonly #budget: StateBudget;
  readonly #toLeft: boolean;
  #automaton: LazyAutomaton | undefined;

  /** @param items what the pattern has on that side, in the order of the text. */
  constructor(items: readonly PatternNode[], toLeft: boolean, budget: StateBudget) {
    this.#items = items;
    this.#toLeft = toLeft;
    this.#budget = budget;
  }

  /** @param from position between the literal and this side. @returns false where no match has the literal there. */
  allows({ text, base, end, ended }: Passage, from: number): boolean {
    this.#automaton ??= this.#build();
    const automaton = this.#automaton;
    const { classes, width } = automaton;
    const { low, neighbour } = classes;
    const step = this.#toLeft ? -1 : 1;
    const ahead = this.#toLeft ? -1 : 0;
    const behind = classes.of(text.charCodeAt(from - 1 - ahead - base));
    let state = automaton.start(neighbour[behind] ?? EDGE);
    let { next, flags } = automaton;
    const stop = this.#toLeft ? Math.max(base, from - SIDE_UNITS_MAX) : Math.min(end, from + SIDE_UNITS_MAX);
    for (let at = from; at !== stop; at += step) {
      const unit = text.charCodeAt(at + ahead - base);
      const unitClass = unit < 256 ? (low[unit] ?? 0) : classes.of(unit);
      const flag = flags[state] ?? 0;
      if ((flag & ALWAYS) !== 0 && (flag & (1 << (neighbour[unitClass] ?? 0))) !== 0) return true;
      if ((flag & DEAD) !== 0) return false;
      const known = next[state * width + unitClass] ?? -1;
      if (known >= 0) state = known;
      else {
        state = automaton.step(state, unitClass);
        ({ next, flags } = automaton);
      }
    }
    const last = flags[state] ?? 0;
    if ((last & DEAD) !== 0) return false;
    const atEdge = this.#toLeft ? stop === 0 : ended && stop === end;
    return !atEdge || (last & (1 << EDGE)) !== 0;
  }

  #build(): LazyAutomaton {
    const node: PatternNode = { kind: 'all', items: this.#items };
    return new LazyAutomaton(compileProgram(this.#toLeft ? mirror(node) : node, true), this.#budget);
  }
}
