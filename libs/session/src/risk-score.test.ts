import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRisk, forgettableAt, inheritRisk, NO_RISK, scoreAt, UNDECAYED_RISK_MS, untilBelow } from './risk-score.ts';

const HALF_LIFE = 348_000;

describe('the risk score', () => {
  it('is not moved by a clock that steps back: nothing decays twice, nothing is lost', () => {
    const state = addRisk(NO_RISK, 10, 5_000, HALF_LIFE);
    expect(scoreAt(state, 1_000, HALF_LIFE)).toBe(10);
    const later = addRisk(state, 1, 1_000, HALF_LIFE);
    expect(later.at).toBe(5_000);
    expect(later.score).toBeCloseTo(10 + 2 ** (-4_000 / HALF_LIFE), 12);
  });

  it('of a principal may be forgotten when less than a hundredth is left; undecayed, after a day', () => {
    const state = { score: 40, at: 7 };
    expect(scoreAt(state, forgettableAt(state, HALF_LIFE), HALF_LIFE)).toBeLessThan(0.01);
    expect(scoreAt(state, forgettableAt(state, HALF_LIFE) - 2, HALF_LIFE)).toBeGreaterThanOrEqual(0.01);
    expect(forgettableAt(state, 0)).toBe(7 + UNDECAYED_RISK_MS);
  });

  it('a session of a known principal starts with what is left of its score', () => {
    const principal = { score: 400, at: 0 };
    const started = inheritRisk(principal, HALF_LIFE * 3, HALF_LIFE);
    expect(started).toEqual({ score: 50, at: HALF_LIFE * 3 });
    expect(scoreAt(started, HALF_LIFE * 4, HALF_LIFE)).toBeCloseTo(25, 9);
  });

  it('a block ends when the score has decayed below it, and not a millisecond before', () => {
    fc.assert(
      fc.property(fc.double({ min: 30, max: 1_000, noNaN: true }), (score) => {
        const state = { score, at: 1_000 };
        const until = untilBelow(state, 30, HALF_LIFE);
        expect(state.score * 2 ** (-(until - state.at) / HALF_LIFE)).toBeLessThan(30);
        expect(state.score * 2 ** (-(until - 2 - state.at) / HALF_LIFE)).toBeGreaterThanOrEqual(30);
      }),
    );
    expect(untilBelow({ score: 30, at: 5 }, 30, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(untilBelow({ score: 29, at: 5 }, 30, 0)).toBe(5);
  });
});
