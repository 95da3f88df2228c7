/** A session by its id or display name, live or ended, and what the events say of it. */
import type { SessionRecord } from '@elida/contracts';
import type { RiskTrail } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault, isFault } from '@elida/kernel';
import { sql } from 'kysely';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { eventsOf } from '../record/event-rows.ts';
import { historyOf, inOrder, recordOf } from '../record/history.ts';
import { riskTrail } from './trail.ts';
import { violationsOf } from './violations.ts';

export type PastParts = Pick<Parts, 'db' | 'finder' | 'ladders' | 'clock'>;

/** Contributions of one incarnation that are read; the store remembers fewer findings than that. */
const TRAIL_MAX = 2_000;

/**
 * @param incarnation default: the one that lives, else the last that ended.
 * @throws Fault not_found, ambiguous, store_unavailable, database_unavailable.
 */
export async function liveOrEnded(
  { db, finder }: PastParts,
  name: string,
  caller: Caller,
  incarnation?: number,
): Promise<SessionRecord> {
  const live = await finder.find(name, caller).catch((error: unknown) => {
    if (isFault(error) && error.code === 'not_found') return null;
    throw error;
  });
  if (live && (incarnation === undefined || live.incarnation === incarnation)) return live;
  const row = await inOrder(historyOf(db, { tenant: tenantFor(caller, undefined), id: live?.sid ?? name }))
    .$if(incarnation !== undefined, (query) => query.where('incarnation', '=', incarnation ?? 0))
    .limit(1)
    .executeTakeFirst();
  if (row) return recordOf(row);
  throw new Fault('not_found', `there is no session ${name}${incarnation === undefined ? '' : `.${incarnation}`}`);
}

/** @throws Fault database_unavailable. */
export async function trailOf({ db, ladders, clock }: PastParts, record: SessionRecord): Promise<RiskTrail> {
  const life = { tenant: record.tenant, session: record.sid };
  const [violations, steps] = await Promise.all([
    violationsOf(db, { ...life, incarnation: record.incarnation })
      .where(sql<boolean>`(data->>'points')::float8 > 0`)
      .orderBy('id', 'asc')
      .limit(TRAIL_MAX + 1)
      .execute(),
    eventsOf(db, { ...life, type: 'policy_action' })
      .where('incarnation', '=', record.incarnation)
      .where(sql<boolean>`data->>'source' = 'ladder' and data ? 'arithmetic'`)
      .orderBy('id', 'asc')
      .limit(TRAIL_MAX)
      .execute(),
    ladders.refresh(),
  ]);
  const at = record.endedAt || clock.now();
  return riskTrail({
    record,
    standing: ladders.standing(record, at),
    actionAt: (score) => ladders.rungAt(record, score)?.action ?? 'none',
    violations: violations.slice(0, TRAIL_MAX),
    steps,
    truncated: violations.length > TRAIL_MAX,
    at,
  });
}
