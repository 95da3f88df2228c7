/**
 * A text that is judged as it comes. It says what may go on at once and what must wait, because together with what follows it
 * could be something that a rule with `hold` is about. It never lets a code unit of such a match go before it is reported.
 */
import type { Tables } from './compile.ts';
import { type Finding, Reading } from './reading.ts';

export interface Judged {
  readonly findings: readonly Finding[];
  /** How many code units of the text, from its beginning, no rule with `hold` can say more about. Never falls. */
  readonly releasable: number;
}

export class HoldBack {
  readonly #reading: Reading;
  #length = 0;
  #releasable = 0;

  constructor(tables: Tables) {
    this.#reading = new Reading(tables);
  }

  push(piece: string): Judged {
    this.#length += piece.length;
    const findings = this.#reading.push(piece, false);
    this.#releasable = Math.max(this.#releasable, Math.min(this.#length, this.#reading.held));
    return { findings, releasable: this.#releasable };
  }

  end(): Judged {
    return { findings: this.#reading.push('', true), releasable: this.#length };
  }
}
