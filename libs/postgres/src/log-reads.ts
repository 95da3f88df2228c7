/** The log of a tenant as it is read: its state, places of events, leaves in order. Keys, never offsets: any size. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

export interface LogHead {
  readonly size: number;
  readonly root: Buffer;
  readonly at: Date;
  /** The signed note. */
  readonly note: string;
}

interface HeadRow {
  readonly size: string;
  readonly root: Buffer;
  readonly at: Date;
  readonly note: string;
}

const headOf = (row: HeadRow): LogHead => ({ ...row, size: Number(row.size) });

/** Checkpoints, the newest first, of trees smaller than `below`. */
export async function readHeads(
  db: Kysely<Database>,
  tenant: string,
  { below, limit }: { readonly below?: number; readonly limit: number },
): Promise<LogHead[]> {
  const { rows } = await sql<HeadRow>`
    select size, root, at, note from log_checkpoints
    where tenant = ${tenant} and size < ${below ?? Number.MAX_SAFE_INTEGER} order by size desc limit ${limit}`.execute(
    db,
  );
  return rows.map(headOf);
}

/** Checkpoints of trees of more than `from` and at most `to` leaves, the smallest first. */
export async function readHeadsWithin(
  db: Kysely<Database>,
  tenant: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LogHead[]> {
  const { rows } = await sql<HeadRow>`
    select size, root, at, note from log_checkpoints
    where tenant = ${tenant} and size > ${from} and size <= ${to} order by size`.execute(db);
  return rows.map(headOf);
}

export interface Waiting {
  readonly events: number;
  /** Null: nothing waits. */
  readonly oldest: Date | null;
  /** Of the events; the order of insertion. */
  readonly lastId: number;
}

/** Events of a tenant that have no place in its log yet. */
export async function readWaiting(db: Kysely<Database>, tenant: string): Promise<Waiting> {
  const { rows } = await sql<{ events: number; oldest: Date | null; last: string | null }>`
    select count(*)::integer as events, min(occurred_at) as oldest, max(id) as last from log_pending where tenant = ${tenant}`.execute(
    db,
  );
  return { events: rows[0]?.events ?? 0, oldest: rows[0]?.oldest ?? null, lastId: Number(rows[0]?.last ?? 0) };
}

/** Is any event up to this one still waiting for its place? */
export async function isWaitingUpTo(db: Kysely<Database>, tenant: string, id: number): Promise<boolean> {
  const { rows } = await sql`select from log_pending where tenant = ${tenant} and id <= ${id} limit 1`.execute(db);
  return rows.length > 0;
}

/** @param tenant empty: of any. */
export async function isWaitingFor(db: Kysely<Database>, eventId: string, tenant: string): Promise<boolean> {
  const { rows } = await sql`
    select from log_pending where event_id = ${eventId} and (${tenant} = '' or tenant = ${tenant}) limit 1`.execute(db);
  return rows.length > 0;
}

export interface LogPlace {
  readonly tenant: string;
  readonly index: number;
  readonly occurredAt: Date;
  readonly leafHash: Buffer;
}

export async function readPlace(db: Kysely<Database>, eventId: string): Promise<LogPlace | null> {
  const { rows } = await sql<{ tenant: string; log_index: string; occurred_at: Date; leaf_hash: Buffer }>`
    select tenant, log_index, occurred_at, leaf_hash from log_entries where event_id = ${eventId}`.execute(db);
  const row = rows[0];
  return row
    ? { tenant: row.tenant, index: Number(row.log_index), occurredAt: row.occurred_at, leafHash: row.leaf_hash }
    : null;
}

export interface LoggedLeaf {
  readonly index: number;
  /** As the tree has it. */
  readonly hash: Buffer;
  /** Null: its event is gone. */
  readonly leaf: Buffer | null;
  readonly disclosures: readonly string[];
}

/** Leaves `from` to `to`, `to` excluded, in order. In two steps: with their times at hand only their days are opened. */
export async function readLeaves(
  db: Kysely<Database>,
  tenant: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LoggedLeaf[]> {
  const { rows: places } = await sql<{ log_index: string; leaf_hash: Buffer; event_id: string; occurred_at: Date }>`
    select log_index, leaf_hash, event_id, occurred_at from log_entries
    where tenant = ${tenant} and log_index >= ${from} and log_index < ${to} order by log_index`.execute(db);
  if (places.length === 0) return [];
  const times = places.map(({ occurred_at }) => occurred_at.getTime());
  const { rows: found } = await sql<{ event_id: string; leaf: Buffer; disclosures: string[] }>`
    select e.event_id, e.leaf, e.disclosures
    from unnest(${places.map(({ event_id }) => event_id)}::uuid[],
      ${places.map(({ occurred_at }) => occurred_at.toISOString())}::timestamptz[]) as t (event_id, occurred_at)
    join events e on e.occurred_at = t.occurred_at and e.event_id = t.event_id
    where e.occurred_at >= ${new Date(Math.min(...times))} and e.occurred_at <= ${new Date(Math.max(...times))}`.execute(
    db,
  );
  const events = new Map(found.map((row) => [row.event_id, row]));
  return places.map(({ log_index, leaf_hash, event_id }) => {
    const event = events.get(event_id);
    return {
      index: Number(log_index),
      hash: leaf_hash,
      leaf: event?.leaf ?? null,
      disclosures: event?.disclosures ?? [],
    };
  });
}

export interface Window {
  readonly since?: Date | undefined;
  /** Excluded. */
  readonly until?: Date | undefined;
}

const within = ({ since, until }: Window): RawBuilder<unknown> => sql`
  ${since ? sql`and occurred_at >= ${since}` : sql``} ${until ? sql`and occurred_at < ${until}` : sql``}`;

/** The smallest range of leaves with all of what happened in a window. Null: nothing did. */
export async function rangeOfTime(
  db: Kysely<Database>,
  tenant: string,
  window: Window,
): Promise<{ readonly from: number; readonly to: number } | null> {
  const { rows } = await sql<{ low: string | null; high: string | null }>`
    select min(log_index) as low, max(log_index) as high from log_entries where tenant = ${tenant} ${within(window)}`.execute(
    db,
  );
  const { low = null, high = null } = rows[0] ?? {};
  return low === null || high === null ? null : { from: Number(low), to: Number(high) + 1 };
}

export interface Removal {
  readonly id: string;
  readonly removed: readonly { readonly from: number; readonly to: number }[];
  /** The signed statement. */
  readonly note: string;
}

/** What retention took from a log, in the order of its statements, from behind one of them on. */
export async function readRemovals(db: Kysely<Database>, tenant: string, afterId: string): Promise<Removal[]> {
  const { rows } = await sql<{ id: string; note: string; lows: string[]; highs: string[] }>`
    select id, note, array(select lower(part)::text from unnest(removed) part order by part) as lows,
      array(select upper(part)::text from unnest(removed) part order by part) as highs
    from log_retention where tenant = ${tenant} and id > ${afterId} order by id`.execute(db);
  return rows.map(({ id, note, lows, highs }) => ({
    id,
    note,
    removed: lows.map((low, at) => ({ from: Number(low), to: Number(highs[at]) })),
  }));
}

export interface StrayEvent {
  readonly id: string;
  readonly leaf: Buffer;
  readonly disclosures: readonly string[];
}

/**
 * Events that have no place in the log and wait for none: nobody who adds an event in an honest way can make one.
 * @param fromId behind this event.
 */
export async function readStrays(
  db: Kysely<Database>,
  tenant: string,
  window: Window,
  { fromId, limit }: { readonly fromId: string; readonly limit: number },
): Promise<StrayEvent[]> {
  const { rows } = await sql<StrayEvent>`
    select id, leaf, disclosures from events e
    where tenant = ${tenant} and id > ${fromId} ${within(window)}
      and not exists (select from log_entries l where l.event_id = e.event_id and l.occurred_at = e.occurred_at)
      and not exists (select from log_pending p where p.event_id = e.event_id and p.tenant = e.tenant)
    order by id limit ${limit}`.execute(db);
  return rows;
}

export interface HeldEvent {
  readonly eventId: string;
  readonly tenant: string;
  readonly leaf: Buffer;
  /** Its place and hash in the log; null: it has none. */
  readonly index: number | null;
  readonly hash: Buffer | null;
  readonly isWaiting: boolean;
}

/** Events of a session with their places in the log, oldest first. @param tenant empty: of any. */
export async function readHeldEvents(
  db: Kysely<Database>,
  session: string,
  tenant: string,
  limit: number,
): Promise<HeldEvent[]> {
  const { rows } = await sql<Omit<HeldEvent, 'index'> & { index: string | null }>`
    select e.event_id as "eventId", e.tenant, e.leaf, l.log_index as index, l.leaf_hash as hash,
      l.log_index is null and exists (select from log_pending p where p.event_id = e.event_id) as "isWaiting"
    from events e left join log_entries l on l.event_id = e.event_id and l.occurred_at = e.occurred_at
    where e.session = ${session} and (${tenant} = '' or e.tenant = ${tenant}) order by e.id limit ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, index: row.index === null ? null : Number(row.index) }));
}
