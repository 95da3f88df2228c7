/** Is the last minute strange under the session's own past? Pure arithmetic; the edge measures (inspection/measure.ts). */

/**
 * Requests a minute. A lower mean counts as this: an agent rests for hours while a person thinks, and then makes a turn of
 * its tools every few seconds, which its mean makes unlikely and which is nothing strange.
 */
const RATE_MEAN_MIN = 20;
const MINUTE_MS = 60_000;
/** Of the past before the last minute: what a shorter one says of a mean is chance. */
export const RATE_PAST_MIN_MS = 300_000;

/** ln k!, by Stirling's series (DLMF 5.11.1) where it is exact to 1e-10. */
function lnFactorial(k: number): number {
  if (k < 32) {
    let sum = 0;
    for (let i = 2; i <= k; i++) sum += Math.log(i);
    return sum;
  }
  const x = k + 1;
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3);
}

/** Probability of at least `k` events where `mean` of them are expected (Poisson). Exact also where it is tiny. */
export function poissonTail(k: number, mean: number): number {
  if (k <= 0) return 1;
  if (mean <= 0) return 0;
  const probabilityOf = (n: number): number => Math.exp(n * Math.log(mean) - mean - lnFactorial(n));
  let sum = 0;
  if (k > mean) {
    let term = probabilityOf(k);
    for (let n = k; term > sum * 1e-16; term *= mean / ++n) sum += term;
    return Math.min(1, sum);
  }
  let term = probabilityOf(k - 1);
  for (let n = k - 1; n >= 0 && term > sum * 1e-16; term *= n-- / mean) sum += term;
  return Math.max(0, 1 - sum);
}

export interface RequestsSoFar {
  /** The one at hand included, as in `lastMinute`. */
  readonly requests: number;
  /** Of a sliding window: may have a fraction. */
  readonly lastMinute: number;
  /** Of the session. */
  readonly ageMs: number;
}

/**
 * P(X ≥ requests of the last minute), X Poisson with the session's mean a minute before that minute, at least RATE_MEAN_MIN.
 *
 * @returns null where the past is shorter than RATE_PAST_MIN_MS.
 */
export function rateAnomaly({ requests, lastMinute, ageMs }: RequestsSoFar): number | null {
  const pastMs = ageMs - MINUTE_MS;
  if (pastMs < RATE_PAST_MIN_MS) return null;
  const mean = (Math.max(0, requests - lastMinute) * MINUTE_MS) / pastMs;
  return poissonTail(Math.floor(lastMinute), Math.max(RATE_MEAN_MIN, mean));
}

/** A rate of one in a million is as strange as can be. */
const STRANGEST_LOG10 = 6;
/** Bits per byte of English text, and up to random bytes. */
const ENTROPY_BASE = 4.5;
const ENTROPY_RANGE = 3.5;

/**
 * How fast and how random at once: min(1, −log10 p / 6) × clamp((bits − 4.5) / 3.5, 0, 1), between 0 and 1.
 *
 * @param probability of `rateAnomaly`. @param bits per byte of what is sent (`entropyOf`).
 */
export function compoundAnomaly(probability: number, bits: number): number {
  const rate = -Math.log10(Math.max(probability, Number.MIN_VALUE)) / STRANGEST_LOG10;
  return share(rate) * share((bits - ENTROPY_BASE) / ENTROPY_RANGE);
}

const share = (value: number): number => Math.min(1, Math.max(0, value));
