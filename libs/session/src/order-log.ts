/** The order stream in memory: every follower gets each order once, from where it began, or from the oldest that is kept. */
const KEPT_MAX = 10_000;

export class OrderLog {
  readonly #kept: Uint8Array[] = [];
  readonly #followers = new Set<(signed: Uint8Array) => void>();

  append(signed: Uint8Array): void {
    this.#kept.push(signed);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
    for (const follower of this.#followers) follower(signed);
  }

  /** Resolves when `signal` aborts. */
  follow(onOrder: (signed: Uint8Array) => void, signal: AbortSignal, from: 'now' | 'kept'): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    if (from === 'kept') for (const signed of this.#kept) onOrder(signed);
    // A wrapper of its own: the same handler may follow twice.
    const follower = (signed: Uint8Array): void => onOrder(signed);
    this.#followers.add(follower);
    return new Promise((resolve) => {
      signal.addEventListener(
        'abort',
        () => {
          this.#followers.delete(follower);
          resolve();
        },
        { once: true },
      );
    });
  }
}
