/** Answers kept by what was asked, for pure functions on the hot path. Bounded, because callers choose what is asked: cleared whole when full. */
export class Remembered<V> {
  readonly #answers = new Map<string, V>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns undefined where nothing is remembered. */
  get(key: string): V | undefined {
    return this.#answers.get(key);
  }

  set(key: string, answer: V): V {
    if (this.#answers.size >= this.#max) this.#answers.clear();
    this.#answers.set(key, answer);
    return answer;
  }
}
