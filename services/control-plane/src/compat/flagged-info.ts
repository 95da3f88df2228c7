/** Flagged sessions in the seeds' words. */
import type { SessionRecord } from '@elida/contracts';
import { printScore, type ViolationView } from '@elida/contracts/api';
import { type FlaggedLife, recordsOf } from '../insight/flagged.ts';
import { countsPerLife, lifeKey, violationsPerLife } from '../insight/violations.ts';
import type { Parts } from '../parts.ts';
import { actionWord, stateWord } from './session-info.ts';
import { violationInfo } from './violation-info.ts';

export type FlaggedParts = Pick<Parts, 'db' | 'store' | 'finder' | 'ladders' | 'clock'>;

const HIGH_RISK = 30;

/** Something was found in it, or it inherited a score. */
export const isAtRisk = ({ ladders, clock }: FlaggedParts, record: SessionRecord): boolean =>
  record.violations > 0 || ladders.standing(record, clock.now()).score > 0;

/** @param each at most so many violations of one. */
export async function flaggedInfos(
  parts: FlaggedParts,
  tenant: string,
  lives: readonly FlaggedLife[],
  each: number,
): Promise<Record<string, unknown>[]> {
  const { db, ladders } = parts;
  const [records, counts, violations] = await Promise.all([
    recordsOf(parts, lives),
    countsPerLife(db, tenant, lives),
    violationsPerLife(db, tenant, lives, each),
    ladders.refresh(),
  ]);
  return lives.map((life) => {
    const key = lifeKey(life);
    const found = violations.get(key) ?? [];
    return {
      ...flagOf(life, counts.get(key) ?? {}),
      ...standingOf(parts, records.get(key)),
      violations: found.map((one) => violationInfo(one, true)),
      violation_events: found.map(violationEvent),
      captured_content: [],
      captures: [],
    };
  });
}

const flagOf = (life: FlaggedLife, counts: Readonly<Record<string, number>>): Record<string, unknown> => ({
  session_id: life.session,
  incarnation: life.incarnation,
  max_severity: life.maxSeverity,
  first_flagged: life.first?.toISOString() ?? null,
  last_flagged: life.last?.toISOString() ?? null,
  violation_count: life.violations,
  violation_counts: counts,
});

/** What an ended session had keeps falling; a record that is not there yet says nothing. */
function standingOf({ ladders, clock }: FlaggedParts, record: SessionRecord | undefined): Record<string, unknown> {
  if (!record) return { risk_score: 0, current_action: 'observe', enforced: false };
  const risk = ladders.standing(record, clock.now());
  const rate = ladders.rungAt(record, risk.score)?.rate;
  return {
    display_name: record.displayName,
    state: stateWord(record.state),
    tenant: record.tenant,
    principal: record.principal,
    agent: record.agent,
    policy: record.policy,
    risk_score: risk.score,
    current_action: actionWord(risk),
    enforced: risk.enforced,
    half_life_ms: risk.half_life_ms,
    ...(rate === undefined ? {} : { throttle_rate: rate }),
  };
}

const violationEvent = ({ at, rule_name, effective_severity, source_role, points }: ViolationView) => ({
  timestamp: at,
  rule_name,
  severity: effective_severity,
  source_role,
  points,
});

/** Of the sessions that live: those in which something was found, and those that inherited. */
export function standingsOf(parts: FlaggedParts, live: readonly SessionRecord[]): Record<string, unknown> {
  const { ladders, clock } = parts;
  const risks = live.filter((record) => isAtRisk(parts, record)).map((record) => ladders.standing(record, clock.now()));
  const doing = (action: string): number => risks.filter((risk) => risk.action === action).length;
  const sum = risks.reduce((total, { score }) => total + score, 0);
  return {
    live_flagged: live.filter(({ violations }) => violations > 0).length,
    rules_count: ladders.rules,
    risk_ladder: ladders.acting,
    high_risk: risks.filter(({ score }) => score >= HIGH_RISK).length,
    throttled: doing('throttle'),
    blocked: doing('block'),
    avg_risk_score: risks.length === 0 ? 0 : printScore(sum / risks.length),
  };
}
