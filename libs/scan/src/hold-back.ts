/**
 * A text that is judged as it comes. It says what may go on at once and what must wait, because together with what follows it
 * could be something that a rule with `hold` is about. It never lets a code unit of such a match go before it is reported.
 */
import { type Tables, VIEWS } from './compile.ts';
import { Lane } from './lane.ts';
import type { ViewReader } from './views/view.ts';

export interface Finding {
  readonly rule: string;
  /** Index of the pattern in its rule. */
  readonly pattern: number;
  /** UTF-16 offsets in the original text. */
  readonly start: number;
  readonly end: number;
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** How many code units of the text, from its beginning, no rule with `hold` can say more about. Never falls. */
  readonly releasable: number;
}

interface Reading {
  readonly reader: ViewReader;
  readonly lane: Lane;
}

export class HoldBack {
  readonly #readings: readonly Reading[];
  #length = 0;
  #releasable = 0;

  constructor(tables: Tables) {
    this.#readings = tables.views.map((name) => ({ reader: VIEWS[name].open(), lane: new Lane(tables, [name]) }));
  }

  push(piece: string): Judged {
    return this.#take(piece, false);
  }

  end(): Judged {
    return this.#take('', true);
  }

  #take(piece: string, ended: boolean): Judged {
    this.#length += piece.length;
    const findings: Finding[] = [];
    let releasable = this.#length;
    for (const { reader, lane } of this.#readings) {
      const text = reader.push(piece, ended);
      for (const { searched, start, end } of lane.push(text, ended)) {
        const { rule, pattern } = searched;
        findings.push({ rule, pattern, start: reader.startOf(start), end: reader.endOf(end) });
      }
      releasable = Math.min(releasable, ended ? this.#length : reader.startOf(lane.held));
      reader.forget(lane.kept);
    }
    this.#releasable = Math.max(this.#releasable, releasable);
    return { findings, releasable: this.#releasable };
  }
}
