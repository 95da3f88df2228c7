/** A queue with a limit and a drain in batches. Never grows past `max`; `push` says whether there was room. */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #max: number;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#items.length;
  }
  get dropped(): number {
    return this.#dropped;
  }
  get full(): boolean {
    return this.#items.length >= this.#max;
  }

  push(item: T): boolean {
    if (this.full) {
      this.#dropped++;
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** Puts a batch back in front, in order, after a failed delivery. May exceed `max` by that batch. */
  unshift(batch: readonly T[]): void {
    this.#items.unshift(...batch);
  }

  take(limit: number): T[] {
    return this.#items.splice(0, limit);
  }
}
