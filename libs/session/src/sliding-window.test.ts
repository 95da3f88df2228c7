import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToWindow, countInWindow, type Window } from './sliding-window.ts';

const WINDOW_MS = 1_000;

describe('a sliding window', () => {
  it('errs by no more than what the window before may hide, whatever comes when', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.nat(10_000_000), fc.nat(2_500), (between, start, later) => {
        const times: number[] = [];
        let window: Window | undefined;
        let at = start;
        for (const gap of between) {
          at += gap;
          times.push(at);
          window = addToWindow(window, WINDOW_MS, at, 1);
        }
        const now = at + later;
        const begin = Math.floor(now / WINDOW_MS) * WINDOW_MS;
        const before = times.filter((time) => time >= begin - WINDOW_MS && time < begin).length;
        const gone = (now - begin) / WINDOW_MS;
        const error = countInWindow(window, WINDOW_MS, now) - times.filter((time) => time > now - WINDOW_MS).length;
        expect(error).toBeLessThanOrEqual(before * (1 - gone) + 1e-9);
        expect(error).toBeGreaterThanOrEqual(-before * gone - 1e-9 - (gone === 0 ? before : 0));
      }),
    );
  });

  it('is exact in its first window, and empty when everything has slid out', () => {
    const window = addToWindow(addToWindow(undefined, WINDOW_MS, 2_100, 3), WINDOW_MS, 2_999, 0.5);
    expect(countInWindow(window, WINDOW_MS, 2_999)).toBe(3.5);
    expect(countInWindow(window, WINDOW_MS, 3_250)).toBe(3.5 * 0.75);
    expect(countInWindow(window, WINDOW_MS, 4_000)).toBe(0);
    expect(countInWindow(undefined, WINDOW_MS, 4_000)).toBe(0);
  });

  it('counts on where the clock steps back', () => {
    const window = addToWindow(undefined, WINDOW_MS, 5_500, 2);
    const back = addToWindow(window, WINDOW_MS, 4_900, 1);
    expect(countInWindow(back, WINDOW_MS, 5_500)).toBe(3);
    expect(countInWindow(back, WINDOW_MS, 4_900)).toBe(3);
  });
});
