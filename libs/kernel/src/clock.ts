/** Time comes in through this port, so that tests can own it. */
export interface Clock {
  /** Unix ms. */
  now(): number;
  /** Monotonic, ms with fractions: durations. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
