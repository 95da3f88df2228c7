import {
  addRisk,
  climb,
  contributionOf,
  DEFAULT_LADDER,
  NO_RISK,
  type RiskRole,
  type RuleSeverity,
} from '@elida/policy';
import { blank } from '@elida/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRow } from '../record/event-rows.ts';
import { riskTrail, type TrailSource } from './trail.ts';

const START = 1_790_000_000_000;
const HALF = 60_000;
let ids = 0;

const row = (at: number, data: Record<string, unknown>): EventRow => ({
  ...{ event_id: `e${++ids}`, id: String(ids), tenant: 't', producer: 'edge-1', seq: '1', severity: '', type: '' },
  ...{ occurred_at: new Date(at), received_at: new Date(at), session: 'ses_1', incarnation: 1, data },
});

interface Finding {
  readonly at: number;
  readonly severity: RuleSeverity;
  readonly role: RiskRole;
}

/** As an edge would have told it. */
function told(
  findings: readonly Finding[],
  from = NO_RISK,
): Pick<TrailSource, 'violations' | 'steps'> & { risk: typeof NO_RISK } {
  let state = from;
  const violations: EventRow[] = [];
  const steps: EventRow[] = [];
  const ladder = { ...DEFAULT_LADDER, halfLifeMs: HALF };
  for (const { at, severity, role } of findings) {
    const one = contributionOf('r', severity, role, at);
    const { state: next, step } = climb(ladder, state, [one], at, true);
    state = next;
    violations.push(
      row(at, { rule_name: 'r', rule_severity: severity, source_role: role, points: one.points, exchange: 'x' }),
    );
    steps.push(row(at, { exchange: 'x', policy: 'base@1', source: 'ladder', arithmetic: step }));
  }
  return { violations, steps, risk: state };
}

const trail = (source: ReturnType<typeof told>, at: number) =>
  riskTrail({
    record: { ...blank('ses_1', 't'), incarnation: 1, startedAt: START, risk: source.risk, halfLifeMs: HALF },
    standing: { score: 0, action: 'none', enforced: true, half_life_ms: HALF },
    actionAt: (score) => (score >= 30 ? 'block' : 'none'),
    violations: source.violations,
    steps: source.steps,
    truncated: false,
    at,
  });

const finding = fc.record({
  at: fc.integer({ min: START, max: START + 600_000 }),
  severity: fc.constantFrom<RuleSeverity>('info', 'warning', 'critical'),
  role: fc.constantFrom<RiskRole>('user', 'tool', 'assistant', 'system', 'session'),
});
const sorted = (findings: readonly Finding[]) => findings.toSorted((a, b) => a.at - b.at);

describe('the trail of a score', () => {
  it('what remains of the contributions is the score, whatever was inherited', () => {
    fc.assert(
      fc.property(
        fc.array(finding, { maxLength: 40 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (found, before) => {
          const source = told(sorted(found), { score: before, at: START });
          const until = START + 900_000;
          const { contributions } = trail(source, until);
          const remaining = contributions.reduce((sum, one) => sum + one.remaining, 0);
          expect(remaining).toBeCloseTo(addRisk(source.risk, 0, until, HALF).score, 1);
          for (const one of contributions) expect(one.severity_weight * one.role_weight).toBeCloseTo(one.points, 9);
        },
      ),
    );
  });

  it('is a drawing of some 50 points from the start to now, peaks kept, however many findings', () => {
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 600 }), (found) => {
        const { points } = trail(told(sorted(found)), START + 600_000);
        expect(points.length).toBeGreaterThanOrEqual(50);
        expect(points.length).toBeLessThanOrEqual(200);
        expect(Date.parse(points[0]?.at ?? '')).toBe(START);
        expect(Date.parse(points.at(-1)?.at ?? '')).toBe(START + 600_000);
        const times = points.map(({ at }) => at);
        expect(times).toEqual([...times].sort());
      }),
      { numRuns: 30 },
    );
    const bursts = Array.from(
      { length: 500 },
      (_, n) => ({ at: START + n * 1_000, severity: 'info', role: 'system' }) as const,
    );
    const peak: Finding[] = sorted([...bursts, { at: START + 250_500, severity: 'critical', role: 'user' }]);
    const { points } = trail(told(peak), START + 600_000);
    expect(Math.max(...points.map(({ score }) => score))).toBeGreaterThan(18);
  });

  it('jumps by the points, falls by half in a half-life, and says what the ladder does there', () => {
    const source = told([0, 0, 0, 0].map((_, n) => ({ at: START + 10_000 + n, severity: 'critical', role: 'user' })));
    const { points, contributions, steps } = trail(source, START + 10_000 + 2 * HALF);
    const at = (ms: number) => points.findLast((point) => Date.parse(point.at) <= START + ms);
    expect(at(9_000)).toMatchObject({ score: 0, action: 'none' });
    expect(at(10_003)).toMatchObject({ score: expect.closeTo(40, 1), action: 'block' });
    expect(points.at(-1)).toMatchObject({ score: expect.closeTo(10, 1), action: 'none' });
    expect(contributions).toHaveLength(4);
    expect(contributions[0]).toMatchObject({ severity_weight: 10, role_weight: 1, points: 10, remaining: 2.5 });
    expect(steps[0]?.arithmetic).toMatchObject({ before: 0, decayed: 0, after: 10, threshold: 5, action: 'warn' });
  });

  it('a session that inherited and did nothing shows where it started', () => {
    const { contributions, points } = trail(
      { violations: [], steps: [], risk: { score: 20, at: START } },
      START + HALF,
    );
    expect(contributions).toEqual([
      expect.objectContaining({ rule_name: 'inherited', event_id: null, points: 20, remaining: 10 }),
    ]);
    expect([points[0]?.score, points.at(-1)?.score]).toEqual([20, 10]);
  });

  it('what only observes, and what was known already, adds nothing', () => {
    const violations = [row(START, { rule_name: 'r', points: 0 }), row(START, { rule_name: 'untold' })];
    expect(trail({ violations, steps: [], risk: NO_RISK }, START + 1)).toMatchObject({ contributions: [] });
  });
});
