import { addToWindow, countInWindow, type Window } from '@elida/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compoundAnomaly, poissonTail, RATE_PAST_MIN_MS, rateAnomaly } from './anomaly.ts';
import { PRESETS } from './presets/index.ts';
import { SHIPPED_RULES } from './rules/index.ts';

describe('the tail of a Poisson distribution', () => {
  // Summed with 60 decimal digits.
  it.each([
    [1, 1, 0.632120558828558],
    [3, 1, 0.0803013970713942],
    [10, 3, 0.00110248813011548],
    [20, 20, 0.52974273316076],
    [36, 20, 0.000803659961404455],
    [47, 20, 1.90433075115007e-7],
    [100, 100, 0.513298798279149],
    [717, 600, 1.91830888664908e-6],
  ])('P(X ≥ %d; %d)', (k, mean, expected) => {
    expect(poissonTail(k, mean) / expected).toBeCloseTo(1, 7);
  });

  it('is the sum of the terms, falls with k and rises with the mean', () => {
    const mean = fc.double({ min: 0.01, max: 200, noNaN: true });
    fc.assert(
      fc.property(fc.nat(300), mean, (k, m) => {
        let [below, term] = [0, Math.exp(-m)];
        for (let n = 0; n < k; term *= m / ++n) below += term;
        expect(poissonTail(k, m)).toBeCloseTo(1 - below, 9);
        expect(poissonTail(k + 1, m)).toBeLessThanOrEqual(poissonTail(k, m));
        expect(poissonTail(k, m * 1.1)).toBeGreaterThanOrEqual(poissonTail(k, m) - 1e-12);
      }),
    );
  });

  it('stays exact where it is tiny, and ends where the numbers are large', () => {
    expect(poissonTail(0, 0)).toBe(1);
    expect(poissonTail(5, 0)).toBe(0);
    expect(poissonTail(100_000, 1)).toBe(0);
    expect(poissonTail(1_000_000, 1_000_000)).toBeCloseTo(0.5, 3);
  });
});

/** Numbers of one seed, evenly in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const MINUTE_MS = 60_000;

/** As the edge measures it, over the store's window. @returns the smallest probability that any request met. */
function strangest(times: readonly number[]): number {
  let window: Window | undefined;
  const [began = 0] = times;
  const met = times.map((at, index) => {
    window = addToWindow(window, MINUTE_MS, at, 1);
    const lastMinute = countInWindow(window, MINUTE_MS, at);
    return rateAnomaly({ requests: index + 1, lastMinute, ageMs: at - began }) ?? 1;
  });
  return Math.min(...met);
}

const START = 1_790_000_012_345;
const every = (ms: number, count: number, from = START): number[] =>
  Array.from({ length: count }, (_, index) => from + index * ms);

function poissonTimes(perMinute: number, minutes: number, next: () => number): number[] {
  const times = [START];
  for (let at = START; at < START + minutes * MINUTE_MS; times.push(at)) {
    at += (-Math.log(1 - next()) * MINUTE_MS) / perMinute;
  }
  return times;
}

/** A person asks, the agent takes turns of its tools; between two prompts the person reads, or is away. */
function agentTimes(hours: number, next: () => number): number[] {
  const times: number[] = [];
  const logNormal = (median: number, sigma: number): number =>
    median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  for (let at = START; at < START + hours * 60 * MINUTE_MS; at += logNormal(2 * MINUTE_MS, 1.2)) {
    // Title and topic are asked of a small model beside the prompt.
    times.push(at, at + 20);
    const turns = 1 + Math.floor(-Math.log(1 - next()) * 25);
    // Model and tool: seldom under two seconds together.
    for (let turn = 0; turn < turns; turn++) {
      at += 1_500 + logNormal(3_000, 0.7);
      times.push(at);
    }
  }
  return times.sort((a, b) => a - b);
}

const [THRESHOLD = Number.NaN] = SHIPPED_RULES.flatMap((rule) =>
  rule.name === 'rate_anomaly' && rule.type === 'metric' ? [rule.threshold] : [],
);
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 1);

describe('the rate of a session', () => {
  it('a burst after quiet is strange within the minute', () => {
    const quiet = every(MINUTE_MS, 20);
    const burst = every(500, 120, (quiet.at(-1) ?? 0) + 1_000);
    expect(strangest(quiet)).toBeGreaterThan(0.5);
    expect(strangest([...quiet, ...burst])).toBeLessThan(THRESHOLD);
  });

  it('a mean that trebles is strange, whatever it was', () => {
    for (const perMinute of [30, 120, 600]) {
      const before = every(MINUTE_MS / perMinute, perMinute * 30);
      const after = every(MINUTE_MS / perMinute / 3, perMinute * 3, before.at(-1));
      expect(strangest([...before, ...after]), `${perMinute}/min`).toBeLessThan(THRESHOLD);
    }
  });

  it('a steady one is not, even or by chance, at any rate', () => {
    for (const perMinute of [1, 20, 60, 600]) {
      expect(strangest(every(MINUTE_MS / perMinute, perMinute * 60)), `${perMinute}/min`).toBeGreaterThan(0.01);
      for (const seed of SEEDS.slice(0, 10)) {
        const least = strangest(poissonTimes(perMinute, 60, random(seed)));
        expect(least, `${perMinute}/min, seed ${seed}`).toBeGreaterThan(THRESHOLD);
      }
    }
  });

  it('nor is a coding agent that works through its tools after every pause', () => {
    for (const seed of SEEDS) {
      const times = agentTimes(8, random(seed));
      const busiest = Math.max(...times.map((at) => times.filter((one) => one > at - MINUTE_MS && one <= at).length));
      // It is bursty: far more in a minute than its mean.
      expect(busiest).toBeGreaterThan((3 * times.length) / (8 * 60));
      expect(strangest(times), `seed ${seed}`).toBeGreaterThan(THRESHOLD);
    }
  });

  it('an agent of several at once would be: its preset does not look', () => {
    const next = random(7);
    const together = Array.from({ length: 8 }, () => agentTimes(1, next))
      .flat()
      .sort((a, b) => a - b);
    expect(strangest(together)).toBeLessThan(1);
    const rulesOf = (preset: string) => PRESETS.find(({ name }) => name === preset)?.rules.map(({ name }) => name);
    expect(rulesOf('coding-agent')).not.toContain('rate_anomaly');
    expect(rulesOf('standard')).toContain('rate_anomaly');
  });

  it('tells nothing before there is a past', () => {
    expect(rateAnomaly({ requests: 900, lastMinute: 800, ageMs: RATE_PAST_MIN_MS + MINUTE_MS - 1 })).toBeNull();
    expect(rateAnomaly({ requests: 900, lastMinute: 800, ageMs: RATE_PAST_MIN_MS + MINUTE_MS })).toBeLessThan(1e-100);
  });
});

it('both at once: a strange rate of random bytes is 1, of prose 0, a usual rate 0', () => {
  expect(compoundAnomaly(1e-9, 8)).toBe(1);
  expect(compoundAnomaly(0, 8)).toBe(1);
  expect(compoundAnomaly(1e-3, 6.25)).toBeCloseTo(0.25, 9);
  expect(compoundAnomaly(1e-9, 4.2)).toBe(0);
  expect(compoundAnomaly(1, 8)).toBe(0);
});
