import { orderRequest } from '@elida/contracts/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowOf } from './window.ts';

const DEFAULTS = { killMode: 'duration', killMs: 1_800_000, holdMs: 600_000 } as const;
const NOON = Date.UTC(2026, 2, 29, 12, 34, 56, 789);
const ask = (kind: string, more: object = {}) =>
  windowOf(orderRequest.parse({ kind, selector: { scope: 'all' }, ...more }), DEFAULTS, NOON);

describe('how long an order stands', () => {
  it('a kill that does not say takes the file’s default', () => {
    expect(ask('kill')).toEqual({ mode: 'duration', untilAt: NOON + 1_800_000 });
  });

  it('a duration implies its mode, a time implies until', () => {
    expect(ask('kill', { duration: '5m' })).toEqual({ mode: 'duration', untilAt: NOON + 300_000 });
    const until = '2026-03-29T14:00:00+02:00';
    expect(() => ask('kill', { until })).toThrow('lies in the past');
    expect(ask('kill', { until: '2026-03-29T14:00:00Z' })).toEqual({ mode: 'until', untilAt: NOON + 5_103_211 });
  });

  it('a block that does not say is for good', () => {
    expect(ask('block')).toEqual({ mode: 'permanent', untilAt: 0 });
  });

  it('a hold is never longer than the file allows', () => {
    expect(ask('hold', { mode: 'permanent' })).toEqual({ mode: 'duration', untilAt: NOON + 600_000 });
    expect(ask('hold', { duration: '2h' }).untilAt).toBe(NOON + 600_000);
    expect(ask('hold', { duration: '1m' }).untilAt).toBe(NOON + 60_000);
  });

  it('what does not fit together is refused, naming the field', () => {
    expect(() => ask('kill', { mode: 'permanent', duration: '5m' })).toThrow('body.duration');
    expect(() => ask('kill', { mode: 'duration', until: '2030-01-01T00:00:00Z' })).toThrow('body.until');
    expect(() => ask('kill', { mode: 'until' })).toThrow('body.until');
    expect(() => ask('kill', { duration: 0 })).toThrow('body.duration');
    expect(() => ask('resume', { duration: '5m' })).toThrow('body.mode');
  });

  it('property: until_hour_change ends at the next full hour of UTC, within the hour, wherever the clock stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (now) => {
        const request = orderRequest.parse({ kind: 'kill', mode: 'until_hour_change', selector: { scope: 'all' } });
        const { untilAt } = windowOf(request, DEFAULTS, now);
        expect(untilAt % 3_600_000).toBe(0);
        expect(untilAt).toBeGreaterThan(now);
        expect(untilAt - now).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});
