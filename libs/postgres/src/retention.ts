/** Days of events that are old enough to go: the partition is dropped, what the log says of them stays. DDL of the owner. */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

const DEFAULT = 'events_default';

export interface EventDay {
  /** Of the partition. */
  readonly table: string;
  /** YYYY-MM-DD; of the default partition the last one that it has. */
  readonly day: string;
}

/** Whole days before `cutoff` (YYYY-MM-DD), the oldest first. The default partition counts once all of it is older. */
export async function readExpiredDays(db: Kysely<Database>, cutoff: string): Promise<EventDay[]> {
  const { rows } = await sql<EventDay>`
    select name as "table", to_char(to_date(digits, 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from (select relname::text as name, substring(relname from '^events_([0-9]{8})$') as digits
      from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'events'::regclass) as days
    where to_date(digits, 'YYYYMMDD') < ${cutoff}::date
    union all
    select ${DEFAULT}, to_char(max(occurred_at) at time zone 'utc', 'YYYY-MM-DD') from events_default
    having max(occurred_at) < (${cutoff} || ' 00:00:00+00')::timestamptz
    order by day`.execute(db);
  return rows;
}

export interface DayLeaves {
  readonly tenant: string;
  /** Indices, `to` excluded, in order. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly leaves: number;
}

/** Which leaves of which logs a day holds. Null: some have no index yet, so it must stay. */
export async function readDayLeaves(trx: Transaction<Database>, { table }: EventDay): Promise<DayLeaves[] | null> {
  const events = sql.table(table);
  const { rows: waiting } = await sql`
    select from ${events} e join log_pending p using (event_id, occurred_at) limit 1`.execute(trx);
  if (waiting.length > 0) return null;
  const { rows } = await sql<{ tenant: string; leaves: number; lows: string[]; highs: string[] }>`
    with held as (
      select l.tenant, range_agg(int8range(l.log_index, l.log_index, '[]')) as indices, count(*)::integer as leaves
      from ${events} e join log_entries l using (event_id, occurred_at) group by l.tenant)
    select tenant, leaves, array(select lower(part)::text from unnest(indices) part order by part) as lows,
      array(select upper(part)::text from unnest(indices) part order by part) as highs
    from held order by tenant`.execute(trx);
  return rows.map(({ tenant, leaves, lows, highs }) => ({
    tenant,
    leaves,
    ranges: lows.map((low, at) => ({ from: Number(low), to: Number(highs[at]) })),
  }));
}

export interface RetentionRow extends DayLeaves {
  readonly day: string;
  readonly at: Date;
  /** The signed statement. */
  readonly note: string;
}

export async function noteRetention(trx: Transaction<Database>, row: RetentionRow): Promise<void> {
  const removed = `{${row.ranges.map(({ from, to }) => `[${from},${to})`).join(',')}}`;
  await sql`insert into log_retention (tenant, day, removed, at, note)
    values (${row.tenant}, ${row.day}::date, ${removed}::int8multirange, ${row.at}, ${row.note})`.execute(trx);
}

/** With its events. Waits a moment for whoever reads them; then another time. */
export async function dropDay(trx: Transaction<Database>, { table }: EventDay): Promise<void> {
  await sql`set local lock_timeout = '3s'`.execute(trx);
  await sql`drop table ${sql.table(table)}`.execute(trx);
  if (table !== DEFAULT) return;
  await sql`create table events_default partition of events default`.execute(trx);
  await sql`create trigger events_kept before truncate on events_default
    for each statement execute function elida_refuse_change()`.execute(trx);
}

/** Session records whose end is older. @returns how many went. */
export async function deleteSessionsBefore(db: Kysely<Database>, cutoff: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where('ended_at', '<', new Date(`${cutoff}T00:00:00Z`))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
