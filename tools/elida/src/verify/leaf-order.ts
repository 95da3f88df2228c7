/** Which leaf comes next, and which are missing or late: the indices of an export, one after the other. */
import type { Span } from './spans.ts';

export type Arrival = 'next' | 'ahead' | 'late' | 'again';

export class LeafOrder {
  #next = 0;
  readonly #skipped = new Set<number>();
  /** More than anybody wants to read of; the rest is one span. */
  #skippedSpans: Span[] = [];

  get next(): number {
    return this.#next;
  }

  /** Leaves `from` to `to` are here. */
  arrive({ from, to }: Span): Arrival {
    if (from < this.#next) return this.#skipped.delete(from) ? 'late' : 'again';
    const isAhead = from > this.#next;
    if (from - this.#next <= SKIPPED_MAX) for (let at = this.#next; at < from; at++) this.#skipped.add(at);
    else this.#skippedSpans.push({ from: this.#next, to: from });
    this.#next = to;
    return isAhead ? 'ahead' : 'next';
  }

  /** Never here. */
  missing(): Span[] {
    const spans = [...this.#skippedSpans];
    for (const index of [...this.#skipped].sort((a, b) => a - b)) {
      const last = spans.at(-1);
      if (last?.to === index) spans[spans.length - 1] = { from: last.from, to: index + 1 };
      else spans.push({ from: index, to: index + 1 });
    }
    return spans;
  }
}

const SKIPPED_MAX = 100_000;
