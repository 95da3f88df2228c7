/**
 * The risk ladder: which action a score calls for, and the arithmetic of each step. The score itself, as stores keep it,
 * is of libs/session (risk-score.ts).
 */
import type { RiskState } from '@elida/contracts';
import { addRisk, NO_RISK, SCORE_MAX, scoreAt } from '@elida/session';
import type { Action } from './actions.ts';
import { pointsOf, type RiskRole, ROLE_WEIGHT, type RuleSeverity, SEVERITY_WEIGHT } from './risk.ts';

export type LadderAction = Extract<Action, 'observe' | 'warn' | 'throttle' | 'hold' | 'block' | 'kill' | 'terminate'>;

export interface Threshold {
  readonly score: number;
  readonly action: LadderAction;
  /** Requests per minute; of `throttle` only. */
  readonly rate?: number;
}

export interface Ladder {
  readonly enabled: boolean;
  /** 0: nothing decays. */
  readonly halfLifeMs: number;
  /** By score, rising. */
  readonly thresholds: readonly Threshold[];
}

export const DEFAULT_THROTTLE_RATE = 10;
export const DEFAULT_LADDER: Ladder = {
  enabled: true,
  halfLifeMs: 348_000,
  thresholds: [
    { score: 5, action: 'warn' },
    { score: 15, action: 'throttle', rate: DEFAULT_THROTTLE_RATE },
    { score: 30, action: 'block' },
    { score: 50, action: 'terminate' },
  ],
};

export interface Contribution {
  /** Unix ms. */
  readonly at: number;
  readonly rule: string;
  readonly severity: RuleSeverity;
  readonly role: RiskRole;
  readonly points: number;
}

/** @returns the highest threshold that the score has reached. */
export function rungOf(ladder: Ladder, score: number): Threshold | null {
  return ladder.enabled ? (ladder.thresholds.findLast((threshold) => score >= threshold.score) ?? null) : null;
}

/** The arithmetic of one step, as it stands in the event: every number that made the score. */
export interface LadderStep {
  readonly before: number;
  /** Since the score was `before`; 0 where there was none. */
  readonly elapsed_ms: number;
  readonly half_life_ms: number;
  readonly decayed: number;
  readonly added: readonly {
    readonly rule: string;
    readonly severity: RuleSeverity;
    readonly severity_weight: number;
    readonly role: RiskRole;
    readonly role_weight: number;
    readonly points: number;
  }[];
  readonly after: number;
  readonly threshold: number | null;
  readonly action: LadderAction | 'none';
  readonly previous_action: LadderAction | 'none';
  /** False in audit mode: what would have been done. */
  readonly enforced: boolean;
}

/** What one finding adds, and why so much. */
export const contributionOf = (rule: string, severity: RuleSeverity, role: RiskRole, at: number): Contribution => ({
  at,
  rule,
  severity,
  role,
  points: pointsOf(severity, role),
});

/** Climbs by contributions of one time. */
export function climb(
  ladder: Ladder,
  state: RiskState,
  contributions: readonly Contribution[],
  at: number,
  enforced: boolean,
): { readonly state: RiskState; readonly step: LadderStep } {
  const points = contributions.reduce((sum, contribution) => sum + contribution.points, 0);
  const next = addRisk(state, points, at, ladder.halfLifeMs);
  const decayed = scoreAt(state, at, ladder.halfLifeMs);
  const after = scoreAt(next, at, ladder.halfLifeMs);
  const rung = rungOf(ladder, after);
  return {
    state: next,
    step: {
      before: Math.min(SCORE_MAX, state.score),
      // What had no score has not waited since 1970.
      elapsed_ms: state.score === 0 ? 0 : Math.max(0, at - state.at),
      half_life_ms: ladder.halfLifeMs,
      decayed,
      added: contributions.map(({ rule, severity, role, points: added }) => ({
        rule,
        severity,
        severity_weight: SEVERITY_WEIGHT[severity],
        role,
        role_weight: ROLE_WEIGHT[role],
        points: added,
      })),
      after,
      threshold: rung?.score ?? null,
      action: rung?.action ?? 'none',
      previous_action: rungOf(ladder, decayed)?.action ?? 'none',
      enforced,
    },
  };
}

export interface CurvePoint {
  readonly at: number;
  readonly score: number;
}

/** The score over time: `samples` points from `from` to `to`, and one at each contribution between them, where it jumps. */
export function riskCurve(
  contributions: readonly Pick<Contribution, 'at' | 'points'>[],
  halfLifeMs: number,
  span: { readonly from: number; readonly to: number; readonly samples: number },
): CurvePoint[] {
  const sorted = contributions.toSorted((a, b) => a.at - b.at);
  const step = (span.to - span.from) / Math.max(1, span.samples - 1);
  const even = Array.from({ length: span.samples }, (_, i) => span.from + Math.round(i * step));
  const jumps = sorted.map(({ at }) => at).filter((at) => at >= span.from && at <= span.to);
  const times = [...new Set([...even, ...jumps])].sort((a, b) => a - b);
  let state = NO_RISK;
  let next = 0;
  return times.map((at) => {
    for (let one = sorted[next]; one && one.at <= at; one = sorted[++next]) {
      state = addRisk(state, one.points, one.at, halfLifeMs);
    }
    return { at, score: scoreAt(state, at, halfLifeMs) };
  });
}
