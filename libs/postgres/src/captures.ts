/** Requests and replies that are kept: sealed by the edge, apart from the events, by the day. Nothing here can read them. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { CapturesTable, Database } from './schema.ts';

export interface StoredCapture {
  readonly captureId: string;
  readonly tenant: string;
  readonly session: string;
  readonly incarnation: number;
  readonly exchange: string;
  /** Unix ms. */
  readonly capturedAt: number;
  readonly flagged: boolean;
  readonly kid: string;
  readonly sealed: Uint8Array;
}

/** One that is there already is left as it is. */
export async function insertCaptures(db: Kysely<Database>, captures: readonly StoredCapture[]): Promise<void> {
  if (captures.length === 0) return;
  const column = <T>(pick: (capture: StoredCapture) => T): T[] => captures.map(pick);
  await sql`
    insert into captures (capture_id, tenant, session, incarnation, exchange, captured_at, flagged, kid, sealed)
    select * from unnest(
      ${column(({ captureId }) => captureId)}::uuid[], ${column(({ tenant }) => tenant)}::text[],
      ${column(({ session }) => session)}::text[], ${column(({ incarnation }) => incarnation)}::integer[],
      ${column(({ exchange }) => exchange)}::text[],
      ${column(({ capturedAt }) => new Date(capturedAt).toISOString())}::timestamptz[],
      ${column(({ flagged }) => flagged)}::boolean[], ${column(({ kid }) => kid)}::text[],
      ${column(({ sealed }) => sealed)}::bytea[])
    on conflict do nothing`.execute(db);
}

export interface CapturesOf {
  readonly session: string;
  readonly incarnation: number;
  readonly flagged?: boolean;
  /** The oldest ones. */
  readonly limit: number;
}

/** Of one incarnation, sealed, in the order in which they came. */
export async function readCaptures(
  db: Kysely<Database>,
  { session, incarnation, flagged, limit }: CapturesOf,
): Promise<Selectable<CapturesTable>[]> {
  const { rows } = await sql<Selectable<CapturesTable>>`
    select * from captures where session = ${session} and incarnation = ${incarnation}
      and (${flagged === true} = false or flagged) order by captured_at, capture_id limit ${limit}`.execute(db);
  return rows;
}

/** Day partitions from today on. @returns how many were made. */
export async function makeCapturePartitions(db: Kysely<Database>, days: number): Promise<number> {
  const { rows } = await sql<{ made: number }>`
    select elida_make_capture_partitions((now() at time zone 'utc')::date, ${days}) as made`.execute(db);
  return rows[0]?.made ?? 0;
}

/** Whole days before `cutoff` (YYYY-MM-DD) go. DDL of the owner. @returns how many. */
export async function dropCaptureDays(db: Kysely<Database>, cutoff: string): Promise<number> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'captures'::regclass and relname ~ '^captures_[0-9]{8}$'
      and to_date(right(relname, 8), 'YYYYMMDD') < ${cutoff}::date order by relname`.execute(db);
  for (const { name } of rows) await sql`drop table if exists ${sql.table(name)}`.execute(db);
  // Of clocks that were wrong: never many.
  await sql`delete from captures_default where captured_at < (${cutoff} || ' 00:00:00+00')::timestamptz`.execute(db);
  return rows.length;
}
