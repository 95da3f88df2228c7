/** Leads from a view back to its text: runs that are the same in both, and what stands in the text for something else. */

interface Run {
  /** In the view. */
  readonly at: number;
  length: number;
  /** In the text. */
  readonly from: number;
  /** Length in the text where the run is one character that became another; 0 where both are the same. */
  readonly instead: number;
}

export class OffsetMap {
  #runs: Run[] = [];
  #at = 0;
  #from = 0;

  same(length: number): void {
    if (length === 0) return;
    const last = this.#runs.at(-1);
    if (last?.instead === 0 && last.from + last.length === this.#from) last.length += length;
    else this.#runs.push({ at: this.#at, length, from: this.#from, instead: 0 });
    this.#at += length;
    this.#from += length;
  }

  other(length: number, instead: number): void {
    if (length > 0) this.#runs.push({ at: this.#at, length, from: this.#from, instead });
    this.#at += length;
    this.#from += instead;
  }

  startOf(at: number): number {
    if (at >= this.#at) return this.#from;
    const run = this.#runs[this.#find(at)];
    return run === undefined ? at : run.instead > 0 ? run.from : run.from + at - run.at;
  }

  endOf(at: number): number {
    const run = this.#runs[this.#find(at - 1)];
    return run === undefined ? at : run.instead > 0 ? run.from + run.instead : run.from + at - run.at;
  }

  forget(at: number): void {
    const first = this.#find(at);
    if (first > 32) this.#runs = this.#runs.slice(first);
  }

  /** The run that holds a position of the view. */
  #find(at: number): number {
    let lo = 0;
    let hi = this.#runs.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((this.#runs[mid]?.at ?? 0) <= at) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }
}
