/** Long work in slices: what else runs on this process is let through every few ms. */
const SLICE_MS = 4;

export class Pace {
  readonly #now: () => number;
  #until: number;

  /** @param now monotonic ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#until = now() + SLICE_MS;
  }

  /** Whether it is time to `giveWay`: asked often, and an `await` costs. */
  get due(): boolean {
    return this.#now() >= this.#until;
  }

  async giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#until = this.#now() + SLICE_MS;
  }
}
