/** The log of a tenant: what waits for an index, what has one, the tree over it, what was signed. */
import { TILE_WIDTH, type Tile, type TileId } from '@elida/record';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** One sequencer for each tenant, whoever it is: until the end of the transaction. @returns false where another has it. */
export async function lockLog(trx: Transaction<Database>, tenant: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`elida_log/${tenant}`}, 0)) as locked`.execute(trx);
  return rows[0]?.locked ?? false;
}

/** Tenants with events that wait for an index; by skipping through the key, whatever the backlog. */
export async function waitingTenants(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ tenant: string }>`
    with recursive t (tenant) as (
      (select tenant from log_pending order by tenant limit 1)
      union all
      select (select p.tenant from log_pending p where p.tenant > t.tenant order by p.tenant limit 1) from t where t.tenant is not null)
    select tenant from t where tenant is not null`.execute(db);
  return rows.map(({ tenant }) => tenant);
}

/** A signed note, as the database has it: whether we signed it is for the reader to say. */
export interface StoredCheckpoint {
  readonly tenant: string;
  readonly size: number;
  readonly note: string;
}

interface CheckpointRow {
  readonly tenant: string;
  readonly size: string;
  readonly note: string;
}
const stored = ({ tenant, size, note }: CheckpointRow): StoredCheckpoint => ({ tenant, size: Number(size), note });

/** The last checkpoint of every log. */
export async function lastCheckpoints(db: Kysely<Database>): Promise<StoredCheckpoint[]> {
  const { rows } = await sql<CheckpointRow>`
    with recursive t (tenant) as (
      (select tenant from log_checkpoints order by tenant limit 1)
      union all
      select (select c.tenant from log_checkpoints c where c.tenant > t.tenant order by c.tenant limit 1) from t where t.tenant is not null)
    select t.tenant, c.size, c.note from t cross join lateral (
      select size, note from log_checkpoints where tenant = t.tenant order by size desc limit 1) c`.execute(db);
  return rows.map(stored);
}

/** That of a tree of this size; null: there is none. */
export async function checkpointAt(
  db: Kysely<Database>,
  tenant: string,
  size: number,
): Promise<StoredCheckpoint | null> {
  const { rows } = await sql<CheckpointRow>`
    select tenant, size, note from log_checkpoints where tenant = ${tenant} and size = ${size}`.execute(db);
  return rows[0] ? stored(rows[0]) : null;
}

/** Those of larger trees, the smallest first. */
export async function checkpointsAfter(
  db: Kysely<Database>,
  tenant: string,
  size: number,
  limit: number,
): Promise<StoredCheckpoint[]> {
  const { rows } = await sql<CheckpointRow>`
    select tenant, size, note from log_checkpoints where tenant = ${tenant} and size > ${size} order by size limit ${limit}`.execute(
    db,
  );
  return rows.map(stored);
}

export async function logSize(db: Kysely<Database>, tenant: string): Promise<number> {
  const { rows } = await sql<{ size: string }>`
    select log_index + 1 as size from log_entries where tenant = ${tenant} order by log_index desc limit 1`.execute(db);
  return Number(rows[0]?.size ?? 0);
}

export interface PendingEvent {
  /** Of its row in log_pending. */
  readonly place: string;
  readonly producer: string;
  readonly seq: number;
  /** Of its row in events: the order of insertion. */
  readonly id: number;
  readonly eventId: string;
  readonly occurredAt: Date;
  readonly leafHash: Buffer;
  /** It has an index already: its row was removed and came again. */
  readonly isKnown: boolean;
}

/**
 * The next of each producer by their numbers: never one of which an earlier one may still come. Producers that write
 * with the change that they tell of (the control plane) have no such mark and leave nothing out.
 */
export async function readPending(
  db: Kysely<Database>,
  tenant: string,
  perProducerMax: number,
): Promise<PendingEvent[]> {
  const { rows } = await sql<Record<'place' | 'producer' | 'seq' | 'id' | 'event_id', string> & PendingRow>`
    with recursive p (producer) as (
      (select producer from log_pending where tenant = ${tenant} order by producer limit 1)
      union all
      select (select q.producer from log_pending q where q.tenant = ${tenant} and q.producer > p.producer order by q.producer limit 1)
      from p where p.producer is not null)
    select q.*, exists (select from log_entries e where e.event_id = q.event_id and e.occurred_at = q.occurred_at) as is_known
    from p left join audit_producers a on a.producer = p.producer cross join lateral (
      select ctid::text as place, producer, seq, id, event_id, occurred_at, leaf_hash from log_pending
      where tenant = ${tenant} and producer = p.producer and seq <= coalesce(a.through, ${Number.MAX_SAFE_INTEGER})
      order by seq, id limit ${perProducerMax}) q`.execute(db);
  return rows.map((row) => ({
    place: row.place,
    producer: row.producer,
    seq: Number(row.seq),
    id: Number(row.id),
    eventId: row.event_id,
    occurredAt: row.occurred_at,
    leafHash: row.leaf_hash,
    isKnown: row.is_known,
  }));
}

interface PendingRow {
  readonly occurred_at: Date;
  readonly leaf_hash: Buffer;
  readonly is_known: boolean;
}

export interface LogAddition {
  readonly tenant: string;
  /** Index of the first entry. */
  readonly from: number;
  readonly entries: readonly PendingEvent[];
  /** Rows that wait no more, entries or not. */
  readonly done: readonly PendingEvent[];
  readonly tiles: readonly Tile[];
  readonly checkpoint: { readonly size: number; readonly root: Uint8Array; readonly at: Date; readonly note: string };
}

export async function appendLog(trx: Transaction<Database>, addition: LogAddition): Promise<void> {
  const { tenant, from, entries, done, tiles, checkpoint } = addition;
  if (entries.length > 0) {
    await sql`
      insert into log_entries (tenant, log_index, event_id, occurred_at, leaf_hash)
      select ${tenant}, ${from}::bigint + n - 1, event_id, occurred_at, leaf_hash
      from unnest(${entries.map(({ eventId }) => eventId)}::uuid[],
        ${entries.map(({ occurredAt }) => occurredAt.toISOString())}::timestamptz[],
        ${entries.map(({ leafHash }) => leafHash)}::bytea[]) with ordinality as t (event_id, occurred_at, leaf_hash, n)`.execute(
      trx,
    );
    const { size, root, at, note } = checkpoint;
    await sql`insert into log_checkpoints (tenant, size, root, at, note)
      values (${tenant}, ${size}, ${Buffer.from(root)}, ${at}, ${note})`.execute(trx);
  }
  const above = tiles.filter(({ level }) => level > 0);
  if (above.length > 0) {
    await sql`
      insert into log_tiles (tenant, level, tile, width, hashes)
      select ${tenant}, level, tile, width, hashes
      from unnest(${above.map(({ level }) => level)}::integer[], ${above.map(({ index }) => index)}::bigint[],
        ${above.map(({ width }) => width)}::integer[], ${above.map(({ bytes }) => Buffer.from(bytes))}::bytea[])
        as t (level, tile, width, hashes)`.execute(trx);
  }
  await sql`delete from log_pending where ctid = any(${done.map(({ place }) => place)}::tid[])`.execute(trx);
}

/** Hashes of tiles, in the order asked for; one that is not there is empty. What proofs and the sequencer start from. */
export const readTiles = (db: Kysely<Database>, tenant: string, tiles: readonly TileId[]): Promise<Uint8Array[]> =>
  Promise.all(tiles.map((tile) => readTile(db, tenant, tile)));

async function readTile(db: Kysely<Database>, tenant: string, { level, index, width }: TileId): Promise<Uint8Array> {
  if (level > 0) {
    const { rows } = await sql<{ hashes: Buffer }>`
      select hashes from log_tiles where tenant = ${tenant} and level = ${level} and tile = ${index} and width >= ${width}
      order by width limit 1`.execute(db);
    return rows[0]?.hashes ?? new Uint8Array(0);
  }
  const first = index * TILE_WIDTH;
  const { rows } = await sql<{ leaf_hash: Buffer }>`
    select leaf_hash from log_entries where tenant = ${tenant} and log_index >= ${first} and log_index < ${first + width}
    order by log_index`.execute(db);
  return Buffer.concat(rows.map(({ leaf_hash }) => leaf_hash));
}
