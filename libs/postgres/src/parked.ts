/** What could not be stored: kept as it came, each once, and tried again where somebody asks for it. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

export interface ParkedBatch {
  readonly batch: Uint8Array;
  readonly error: string;
}

export async function parkBatches(db: Kysely<Database>, parked: readonly ParkedBatch[]): Promise<void> {
  if (parked.length === 0) return;
  const rows = parked.map(({ batch, error }) => ({ batch: Buffer.from(batch), error, parked_at: new Date() }));
  await db
    .insertInto('parked_batches')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function countParked(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from parked_batches where replayed_at is null`.execute(db);
  return rows[0]?.count ?? 0;
}

/** A worker will try these again soon. Empty: all that are left. @returns how many. */
export async function askReplay(db: Kysely<Database>, ids: readonly string[]): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('parked_batches')
    .set({ replay_requested_at: new Date() })
    .where('replayed_at', 'is', null)
    .$if(ids.length > 0, (query) => query.where('id', 'in', ids))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export const readReplays = (
  db: Kysely<Database>,
  limit: number,
): Promise<{ readonly id: string; readonly batch: Buffer }[]> =>
  db
    .selectFrom('parked_batches')
    .select(['id', 'batch'])
    .where('replay_requested_at', 'is not', null)
    .where('replayed_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute();

/** @param isStored false: it is as bad as before, and rests until somebody asks again. */
export async function settleReplay(db: Kysely<Database>, id: string, isStored: boolean): Promise<void> {
  await db
    .updateTable('parked_batches')
    .set(isStored ? { replayed_at: new Date() } : { replay_requested_at: null })
    .where('id', '=', id)
    .execute();
}

export interface ParkedView {
  readonly id: string;
  readonly bytes: number;
  readonly error: string;
  readonly parkedAt: Date;
  /** Null: nobody asked, or it was as bad as before. */
  readonly replayRequestedAt: Date | null;
  /** Null: it is not stored. */
  readonly replayedAt: Date | null;
}

/** The newest first, before `beforeId`. */
export async function readParked(
  db: Kysely<Database>,
  { all, beforeId, limit }: { readonly all: boolean; readonly beforeId?: string; readonly limit: number },
): Promise<ParkedView[]> {
  return await db
    .selectFrom('parked_batches')
    .select(({ fn }) => [
      'id',
      fn<number>('length', ['batch']).as('bytes'),
      'error',
      'parked_at as parkedAt',
      'replay_requested_at as replayRequestedAt',
      'replayed_at as replayedAt',
    ])
    .$if(!all, (query) => query.where('replayed_at', 'is', null))
    .$if(beforeId !== undefined, (query) => query.where('id', '<', beforeId ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
