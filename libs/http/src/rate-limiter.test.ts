import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

describe('the rate limiter', () => {
  it('property: within any stretch of time nobody gets more than the burst and what the rate adds', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (gaps, perSecond, burst) => {
        const limiter = new RateLimiter({ perSecond, burst });
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (limiter.take('x', now) === 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(burst + (now / 1_000) * perSecond + 1e-6);
      }),
    );
  });

  it('who waits as long as he is told passes', () => {
    const limiter = new RateLimiter({ perSecond: 0.2, burst: 1 });
    expect(limiter.take('x', 0)).toBe(0);
    const seconds = limiter.take('x', 0);
    expect(seconds).toBe(5);
    expect(limiter.take('x', seconds * 1_000)).toBe(0);
  });

  it('one name does not use up another’s, and memory is bounded', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 100);
    for (let n = 0; n < 1_000; n++) expect(limiter.take(`name-${n}`, 0)).toBe(0);
    expect(limiter.take('name-999', 0)).toBeGreaterThan(0);
  });

  it('a clock that goes back takes nothing away', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 3 });
    limiter.take('x', 1_000_000);
    expect(limiter.take('x', 0)).toBe(0);
  });
});
