/** /control/flagged: sessions in which rules found something. A score is that of now: it falls, and with it what is done. */
import type { SessionRecord } from '@elida/contracts';
import { instant, type ViolationView } from '@elida/contracts/api';
import type { Caller, Route } from '@elida/http';
import { Fault } from '@elida/kernel';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import {
  type FlaggedLife,
  type FlagSeverity,
  flaggedBySeverity,
  flaggedPage,
  recordsOf,
  SEVERITIES,
} from '../insight/flagged.ts';
import { liveOrEnded } from '../insight/session-past.ts';
import { countsPerLife, lifeKey, violationsPerLife } from '../insight/violations.ts';
import type { Parts } from '../parts.ts';
import { everySession } from './every-session.ts';
import { compatRoute } from './route.ts';
import { actionWord, stateWord } from './session-info.ts';
import { violationInfo } from './violation-info.ts';

type FlaggedParts = Pick<Parts, 'db' | 'store' | 'finder' | 'ladders' | 'clock'>;

/** Newest violations of a session in a list, and of one that is looked at. */
const EACH = 20;
const OF_ONE = 1_000;
const HIGH_RISK = 30;

const window = { since: instant.optional(), until: instant.optional() };
const listQuery = z.looseObject({
  ...window,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  severity: z.enum(SEVERITIES).optional(),
  rule: z.string().max(128).optional(),
  category: z.string().max(128).optional(),
});

export function flaggedRoutes(parts: FlaggedParts): Route[] {
  const { db, ladders } = parts;
  return [
    compatRoute({
      url: '/flagged',
      access: 'events:read',
      query: listQuery,
      async answer({ limit, offset, severity: worst, rule, category, since, until }, { caller }) {
        const tenant = tenantFor(caller, undefined);
        const filter = { tenant, worst, rule, category, since, until };
        const { lives, total } = await flaggedPage(db, filter, { limit, offset });
        const flagged = await infosOf(parts, tenant, lives, EACH);
        return { flagged, count: flagged.length, total_count: total, limit, offset };
      },
    }),
    compatRoute({
      url: '/flagged/stats',
      access: 'events:read',
      query: z.looseObject(window),
      async answer(range, { caller }) {
        const tenant = tenantFor(caller, undefined);
        const [severities, live] = await Promise.all([
          flaggedBySeverity(db, { tenant, ...range }),
          everySession(parts, tenant),
          ladders.refresh(),
        ]);
        const total = Object.values(severities).reduce((sum, count) => sum + count, 0);
        return { total_flagged: total, ...severities, ...standingsOf(parts, live) };
      },
    }),
    compatRoute({
      url: '/flagged/:id',
      access: 'events:read',
      query: z.looseObject({ incarnation: z.coerce.number().int().min(1).optional() }),
      async answer({ incarnation }, { caller, params }) {
        const { tenant, life } = await flaggedLife(parts, params.id ?? '', caller, incarnation);
        const [info] = await infosOf(parts, tenant, [life], OF_ONE);
        return info;
      },
    }),
  ];
}

/** The last incarnation in which something was found. */
async function flaggedLife(
  parts: FlaggedParts,
  name: string,
  caller: Caller,
  incarnation: number | undefined,
): Promise<{ tenant: string; life: FlaggedLife }> {
  const { sid, tenant } = await liveOrEnded(parts, name, caller, incarnation);
  const { lives } = await flaggedPage(parts.db, { tenant, session: sid, incarnation }, { limit: 1, offset: 0 });
  const life = lives[0];
  if (!life) throw new Fault('not_found', `the session ${name} is not flagged`);
  return { tenant, life };
}

async function infosOf(
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
  max_severity: life.maxSeverity satisfies FlagSeverity,
  first_flagged: life.first.toISOString(),
  last_flagged: life.last.toISOString(),
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

/** Of the sessions that live. */
function standingsOf({ ladders, clock }: FlaggedParts, live: readonly SessionRecord[]): Record<string, unknown> {
  const flagged = live.filter(({ violations }) => violations > 0);
  const risks = flagged.map((record) => ladders.standing(record, clock.now()));
  const doing = (action: string): number => risks.filter((risk) => risk.action === action).length;
  const sum = risks.reduce((total, { score }) => total + score, 0);
  return {
    live_flagged: flagged.length,
    rules_count: ladders.rules,
    risk_ladder: ladders.acting,
    high_risk: risks.filter(({ score }) => score >= HIGH_RISK).length,
    throttled: doing('throttle'),
    blocked: doing('block'),
    avg_risk_score: risks.length === 0 ? 0 : Math.round((sum / risks.length) * 1_000) / 1_000,
  };
}
