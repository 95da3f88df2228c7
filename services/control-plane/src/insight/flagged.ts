/** Which sessions have violations, the last flagged first, from an index alone. One line an incarnation. */
import type { SessionRecord } from '@elida/contracts';
import type { Database } from '@elida/postgres';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Parts } from '../parts.ts';
import { recordOf } from '../record/history.ts';
import { inLives, type Life, lifeKey, type ViolationFilter, violationsOf } from './violations.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type FlagSeverity = (typeof SEVERITIES)[number];

export interface FlaggedLife extends Life {
  readonly violations: number;
  /** Empty and null where nothing was found: it has inherited its score. */
  readonly maxSeverity: FlagSeverity | '';
  readonly first: Date | null;
  readonly last: Date | null;
}

export interface FlaggedFilter extends ViolationFilter {
  /** The worst of a session's violations is at least this. */
  readonly worst?: FlagSeverity | undefined;
}

interface Row {
  readonly session: string;
  readonly incarnation: number;
  readonly violations: string;
  readonly rank: number;
  readonly first: Date;
  readonly last: Date;
  readonly newest: string;
}

function livesOf(
  db: Kysely<Database>,
  { worst, ...filter }: FlaggedFilter,
): SelectQueryBuilder<Database, 'events', Row> {
  const rank = sql<number>`max(case severity when 'critical' then 2 when 'warning' then 1 else 0 end)`;
  return violationsOf(db, filter)
    .clearSelect()
    .where('session', '!=', '')
    .select(['session', 'incarnation', rank.as('rank')])
    .select(({ fn }) => [
      fn.countAll<string>().as('violations'),
      fn.min('occurred_at').as('first'),
      fn.max('occurred_at').as('last'),
      fn.max('id').as('newest'),
    ])
    .groupBy(['session', 'incarnation'])
    .$if(worst !== undefined, (query) => query.having(rank, '>=', SEVERITIES.indexOf(worst ?? 'info'))) as never;
}

export async function flaggedPage(
  db: Kysely<Database>,
  filter: FlaggedFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ lives: readonly FlaggedLife[]; total: number }> {
  const lives = livesOf(db, filter);
  const [rows, counted] = await Promise.all([
    lives.orderBy('newest', 'desc').limit(limit).offset(offset).execute(),
    db
      .selectFrom(lives.as('lives'))
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirst(),
  ]);
  return {
    total: Number(counted?.count ?? 0),
    lives: rows.map(({ session, incarnation, violations, rank, first, last }) => ({
      ...{ session, incarnation, first, last },
      violations: Number(violations),
      maxSeverity: SEVERITIES[rank] ?? 'info',
    })),
  };
}

/** How many sessions by the worst that was found in them. */
export async function flaggedBySeverity(
  db: Kysely<Database>,
  filter: FlaggedFilter,
): Promise<Record<FlagSeverity, number>> {
  const rows = await db
    .selectFrom(livesOf(db, filter).as('lives'))
    .select('rank')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .groupBy('rank')
    .execute();
  const of = (rank: number): number => Number(rows.find((row) => row.rank === rank)?.count ?? 0);
  return { info: of(0), warning: of(1), critical: of(2) };
}

/** The records of lives: of the store where they live, else as they ended. */
export async function recordsOf(
  { db, store }: Pick<Parts, 'db' | 'store'>,
  lives: readonly Life[],
): Promise<Map<string, SessionRecord>> {
  const found = new Map<string, SessionRecord>();
  if (lives.length === 0) return found;
  const sids = [...new Set(lives.map(({ session }) => session))];
  const [live, ended] = await Promise.all([
    Promise.all(sids.map((sid) => store.get(sid))),
    db
      .selectFrom('sessions')
      .select('record')
      .where(inLives(lives, sql.ref('sid')))
      .execute(),
  ]);
  const records = [...live.filter((record) => record !== null), ...ended.map(recordOf)];
  for (const record of records) found.set(lifeKey({ session: record.sid, incarnation: record.incarnation }), record);
  return found;
}
