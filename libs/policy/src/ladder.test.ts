import { addRisk, NO_RISK, SCORE_MAX, scoreAt } from '@elida/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contribution, climb, contributionOf, DEFAULT_LADDER, riskCurve, rungOf } from './ladder.ts';
import { effectiveSeverity, pointsOf, RULE_ROLES, SEVERITIES } from './risk.ts';

const HALF_LIFE = DEFAULT_LADDER.halfLifeMs;
const contribution = fc
  .record({
    at: fc.integer({ min: 1, max: 3_600_000 }),
    rule: fc.constant('r'),
    severity: fc.constantFrom(...SEVERITIES),
    role: fc.constantFrom(...RULE_ROLES),
  })
  .map(({ at, rule, severity, role }) => contributionOf(rule, severity, role, at));
const halfLives = fc.constantFrom(0, 1_000, HALF_LIFE, 86_400_000);

/** The formula as it is written. */
const model = (all: readonly Contribution[], at: number, halfLifeMs: number): number =>
  Math.min(
    SCORE_MAX,
    all.reduce((sum, one) => sum + one.points * (halfLifeMs === 0 ? 1 : 2 ** (-(at - one.at) / halfLifeMs)), 0),
  );

const sum = (all: readonly Contribution[], halfLifeMs: number) =>
  all.reduce((state, one) => addRisk(state, one.points, one.at, halfLifeMs), NO_RISK);

describe('risk ladder', () => {
  it('two criticals and three warnings of a user are 29 without decay, which is the throttle rung', () => {
    const ladder = { ...DEFAULT_LADDER, halfLifeMs: 0 };
    const findings = [
      ...Array.from({ length: 2 }, () => contributionOf('prompt_injection_ignore', 'critical', 'user', 1)),
      ...Array.from({ length: 3 }, () => contributionOf('pii_detected', 'warning', 'user', 2)),
    ];
    const { state, step } = climb(ladder, NO_RISK, findings, 3, true);
    expect(scoreAt(state, 9_999_999, 0)).toBe(29);
    expect(step).toMatchObject({ before: 0, after: 29, threshold: 15, action: 'throttle', previous_action: 'none' });
    expect(step.added.map(({ points }) => points)).toEqual([10, 10, 3, 3, 3]);
  });

  it('a first step has waited for nothing; a later one as long as it did', () => {
    const at = 1_790_000_000_000;
    const one = [contributionOf('r', 'warning', 'user', at)];
    const { state, step } = climb(DEFAULT_LADDER, NO_RISK, one, at, true);
    expect(step).toMatchObject({ before: 0, elapsed_ms: 0, decayed: 0, after: 3 });
    expect(climb(DEFAULT_LADDER, state, one, at + 500, true).step).toMatchObject({ before: 3, elapsed_ms: 500 });
  });

  it('each default rung begins at its score', () => {
    const actions = [0, 4.99, 5, 15, 29.9, 30, 50, 100].map((score) => rungOf(DEFAULT_LADDER, score)?.action ?? null);
    expect(actions).toEqual([null, null, 'warn', 'throttle', 'throttle', 'block', 'terminate', 'terminate']);
    expect(rungOf(DEFAULT_LADDER, 15)?.rate).toBe(10);
    expect(rungOf({ ...DEFAULT_LADDER, enabled: false }, 100)).toBeNull();
  });

  it('half of the score is left after one half-life of 5.8 minutes', () => {
    expect(HALF_LIFE).toBe(5.8 * 60_000);
    expect(scoreAt({ score: 40, at: 1_000 }, 1_000 + HALF_LIFE, HALF_LIFE)).toBeCloseTo(20, 9);
  });

  it('equals the formula, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(contribution), halfLives, fc.nat(3_600_000), (all, halfLifeMs, later) => {
        const at = 3_600_000 + later;
        expect(scoreAt(sum(all, halfLifeMs), at, halfLifeMs)).toBeCloseTo(model(all, at, halfLifeMs), 6);
      }),
    );
  });

  it('does not depend on the order in which edges add', () => {
    fc.assert(
      fc.property(fc.array(contribution), fc.array(fc.nat()), halfLives, (all, keys, halfLifeMs) => {
        const shuffled = all
          .map((one, i) => ({ one, key: keys[i] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const at = 3_600_000;
        expect(scoreAt(sum(shuffled, halfLifeMs), at, halfLifeMs)).toBeCloseTo(
          scoreAt(sum(all, halfLifeMs), at, halfLifeMs),
          6,
        );
      }),
    );
  });

  it('a finding never lowers the score, and time never raises it', () => {
    fc.assert(
      fc.property(fc.array(contribution), contribution, halfLives, fc.nat(1e6), (all, one, halfLifeMs, later) => {
        const at = 3_600_000;
        const state = sum(all, halfLifeMs);
        const more = addRisk(state, one.points, one.at, halfLifeMs);
        expect(scoreAt(more, at, halfLifeMs)).toBeGreaterThanOrEqual(scoreAt(state, at, halfLifeMs) - 1e-9);
        expect(scoreAt(state, at + later, halfLifeMs)).toBeLessThanOrEqual(scoreAt(state, at, halfLifeMs) + 1e-9);
        expect(scoreAt(more, at, halfLifeMs)).toBeLessThanOrEqual(SCORE_MAX);
      }),
    );
  });

  it('each point of the curve is the formula over what had happened by then', () => {
    fc.assert(
      fc.property(fc.array(contribution, { maxLength: 20 }), halfLives, (all, halfLifeMs) => {
        const curve = riskCurve(all, halfLifeMs, { from: 0, to: 3_600_000, samples: 50 });
        expect(curve.length).toBeGreaterThanOrEqual(50);
        for (const { at, score } of curve) {
          expect(score).toBeCloseTo(
            model(
              all.filter((one) => one.at <= at),
              at,
              halfLifeMs,
            ),
            6,
          );
        }
      }),
    );
  });
});

it('a role weighs what the table says', () => {
  const points = RULE_ROLES.map((role) => pointsOf('critical', role));
  expect(points).toEqual([10, 8, 2, 1]);
  expect(RULE_ROLES.map((role) => effectiveSeverity('critical', role))).toEqual([
    'critical',
    'critical',
    'warning',
    'info',
  ]);
  expect(pointsOf('warning', 'session')).toBe(3);
});
