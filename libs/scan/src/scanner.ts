/** All rules over a text, whole or as it comes. What is found does not depend on how the text was cut into pieces. */
import { compileTables, type RuleProblem, type ScanRule, type Tables } from './compile.ts';
import { HoldBack } from './hold-back.ts';
import { SLICE_UNITS } from './limits.ts';
import { type Finding, Reading } from './reading.ts';

export class Scanner {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Literals' states and the bytes of their table: what a snapshot costs in memory. */
  get size(): { readonly states: number; readonly bytes: number } {
    const { states, tableBytes } = this.#tables.automaton;
    return { states, bytes: tableBytes };
  }

  /**
   * Steps that verifying has taken since the scanner was made: code units that patterns' automata looked at, and steps that it took
   * to build them. The pass that looks for literals is one look-up a unit and not counted.
   */
  get steps(): number {
    return this.#tables.budget.steps;
  }

  /**
   * What the first texts would pay, paid before, a few ms at each step: automata that nearly every text asks for are built, and the
   * engine has seen the loops. Some 100 ms together; worth it where a request would wait for it.
   */
  *warming(): Generator<void> {
    for (const sample of this.#tables.samples) {
      this.scan(sample);
      yield;
    }
  }

  /** By place. Matches of one pattern never overlap: leftmost first, and each as long as it can be. */
  scan(text: string): Finding[] {
    return new Reading(this.#tables).push(text, true).sort((a, b) => a.start - b.start || a.end - b.end);
  }

  /**
   * The same in steps of a few ms, whatever the text is: others may scan in between.
   * @returns at each step what has become certain since the last; of one pattern in order, of several not.
   */
  *scanning(text: string): Generator<readonly Finding[]> {
    const reading = new Reading(this.#tables);
    for (let at = 0; at < text.length; at += SLICE_UNITS) {
      const next = at + SLICE_UNITS;
      const findings: Finding[] = [];
      for (const _ of reading.pushing(text.slice(at, next), next >= text.length, findings)) yield [];
      yield findings;
    }
  }

  open(): HoldBack {
    return new HoldBack(this.#tables);
  }
}

/** @returns every problem of every rule, or the scanner. */
export function compileScanner(rules: readonly ScanRule[]): Scanner | readonly RuleProblem[] {
  const tables = compileTables(rules);
  return 'automaton' in tables ? new Scanner(tables) : tables;
}
