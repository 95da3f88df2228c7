import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeToken } from './token-bucket.ts';

describe('the token bucket', () => {
  it('lets n requests a minute through, however they come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 50 }),
        (rate, gaps) => {
          let bucket: Parameters<typeof takeToken>[0] = null;
          let at = 0;
          let passed = 0;
          for (const gap of gaps) {
            at += gap;
            const take = takeToken(bucket, rate, at);
            bucket = take.bucket;
            if (take.allowed) passed++;
          }
          expect(passed).toBeLessThanOrEqual(1 + (at * rate) / 60_000 + 1e-6);
        },
      ),
    );
  });

  it('whoever waits as long as it says is let through', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(5_000), (rate, gap) => {
        const first = takeToken(null, rate, 1_000);
        const second = takeToken(first.bucket, rate, 1_000 + gap);
        if (second.allowed) return;
        expect(takeToken(second.bucket, rate, 1_000 + gap + second.retryAfterMs).allowed).toBe(true);
      }),
    );
  });
});
