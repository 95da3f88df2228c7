/** How a session came to its score: contributions, their decay, and the curve. Pure. */
import type { SessionRecord } from '@elida/contracts';
import { printScore, type RiskTrail, type RiskView } from '@elida/contracts/api';
import {
  addRisk,
  type CurvePoint,
  NO_RISK,
  type RiskRole,
  ROLE_WEIGHT,
  type RuleSeverity,
  riskCurve,
  SEVERITY_WEIGHT,
} from '@elida/policy';
import type { EventData } from '@elida/record';
import type { EventRow } from '../record/event-rows.ts';
import { violationDataOf } from './violations.ts';

type Contribution = RiskTrail['contributions'][number];
type Step = EventData['policy_action'] & { readonly arithmetic: Readonly<Record<string, unknown>> };

const SAMPLES = 50;
/** A curve is drawn: above this, what lies between two points of the drawing is left out, never its peak. */
const POINTS_MAX = 200;

export interface TrailSource {
  readonly record: SessionRecord;
  readonly standing: RiskView;
  readonly actionAt: (score: number) => RiskView['action'];
  /** Violations and ladder steps of the incarnation, oldest first. */
  readonly violations: readonly EventRow[];
  readonly steps: readonly EventRow[];
  readonly truncated: boolean;
  /** Unix ms: now, or the session's end. */
  readonly at: number;
}

export function riskTrail(source: TrailSource): RiskTrail {
  const { record, standing, actionAt, steps, truncated, at: until } = source;
  const halfLifeMs = standing.half_life_ms;
  const inherited = inheritedBy(source);
  const added = [...inherited, ...source.violations.flatMap(contributionOf)];
  const to = Math.max(record.startedAt, until);
  const curve = riskCurve(added, halfLifeMs, { from: record.startedAt, to, samples: SAMPLES });
  return {
    ...standing,
    session: record.sid,
    incarnation: record.incarnation,
    policy: record.policy,
    points: thinned(curve).map(({ at, score }) => ({
      at: new Date(at).toISOString(),
      score: printScore(score),
      action: actionAt(score),
    })),
    contributions: added.map((one) => ({
      ...one,
      at: new Date(one.at).toISOString(),
      remaining: printScore(addRisk({ score: one.points, at: one.at }, 0, until, halfLifeMs).score),
    })),
    steps: steps.map((row) => ({
      at: row.occurred_at.toISOString(),
      event_id: row.event_id,
      exchange: stepOf(row).exchange,
      policy: stepOf(row).policy,
      arithmetic: { ...stepOf(row).arithmetic },
    })),
    truncated,
  };
}

const stepOf = ({ data }: EventRow): Step => data as unknown as Step;

type Added = Omit<Contribution, 'at' | 'remaining'> & { readonly at: number };

/** What a violation added; nothing where it only observes, or was known already. */
function contributionOf(row: EventRow): Added[] {
  const { exchange, rule_name, rule_severity, source_role, points } = violationDataOf(row);
  if (points <= 0) return [];
  return [
    {
      at: row.occurred_at.getTime(),
      event_id: row.event_id,
      exchange,
      rule_name,
      severity: rule_severity,
      severity_weight: SEVERITY_WEIGHT[rule_severity as RuleSeverity] ?? points,
      role: source_role,
      role_weight: ROLE_WEIGHT[source_role as RiskRole] ?? 1,
      points,
    },
  ];
}

/** A new session starts where its principal stands: what was there before its first step, or all that is there without one. */
function inheritedBy({ record, steps, violations, standing }: TrailSource): Added[] {
  const first = steps[0];
  const { before, elapsed_ms: elapsedMs } = first ? stepOf(first).arithmetic : {};
  const state =
    first && typeof before === 'number' && typeof elapsedMs === 'number'
      ? { score: before, at: first.occurred_at.getTime() - elapsedMs }
      : violations.some((row) => contributionOf(row).length > 0)
        ? NO_RISK
        : record.risk;
  if (state.score <= 0) return [];
  const { score: points, at } = addRisk(state, 0, Math.max(state.at, record.startedAt), standing.half_life_ms);
  return [
    {
      ...{ at, event_id: null, exchange: '', rule_name: 'inherited', severity: '', severity_weight: points },
      ...{ role: 'session', role_weight: 1, points },
    },
  ];
}

function thinned(points: readonly CurvePoint[]): readonly CurvePoint[] {
  if (points.length <= POINTS_MAX) return points;
  const size = points.length / (POINTS_MAX - 1);
  const peaks = Array.from({ length: POINTS_MAX - 1 }, (_, n) =>
    points
      .slice(Math.floor(n * size), Math.max(Math.floor(n * size) + 1, Math.floor((n + 1) * size)))
      .reduce((peak, point) => (point.score > peak.score ? point : peak)),
  );
  const last = points.at(-1);
  return last && peaks.at(-1) !== last ? [...peaks, last] : peaks;
}
