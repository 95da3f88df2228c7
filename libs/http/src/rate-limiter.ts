/** Token buckets by name, in bounded memory. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #limit: RateLimit;
  readonly #max: number;

  /** @param max names that are remembered; the longest unused is forgotten first. */
  constructor(limit: RateLimit, max = 10_000) {
    this.#limit = limit;
    this.#max = max;
  }

  /** @param now ms, monotonic. @returns 0 where it may pass, else the seconds to wait. */
  take(name: string, now: number): number {
    const { perSecond, burst } = this.#limit;
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    const elapsedS = Math.max(0, now - bucket.at) / 1_000;
    bucket.tokens = Math.min(burst, bucket.tokens + elapsedS * perSecond);
    bucket.at = now;
    this.#remember(name, bucket);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens--;
    return 0;
  }

  #remember(name: string, bucket: Bucket): void {
    // Re-inserted at the end: the map's order is the order of use.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size <= this.#max) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
