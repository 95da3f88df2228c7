/** The order stream in memory: every follower gets each order once, from where it began. */
export class OrderLog {
  readonly #followers = new Set<(signed: Uint8Array) => void>();

  append(signed: Uint8Array): void {
    for (const follower of this.#followers) follower(signed);
  }

  /** Resolves when `signal` aborts. */
  follow(onOrder: (signed: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
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
