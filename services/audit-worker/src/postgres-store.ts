/** The worker's ports on PostgreSQL. */
import { wholeRecord } from '@elida/contracts';
import { type Database, insertEvents, isBadData, isDatabaseGone, isNotMigrated } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import type { EventStore, SdrOutbox } from './ports.ts';

export const createEventStore = (db: Kysely<Database>): EventStore => ({
  insert: (events) => insertEvents(db, events),
  async park(batch, error) {
    await db
      .insertInto('parked_batches')
      .values({ batch: Buffer.from(batch), error, parked_at: new Date() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  },
  judge(error) {
    // Before the control plane has migrated there is nothing to write to yet: the same as gone.
    if (isDatabaseGone(error) || isNotMigrated(error)) return 'gone';
    return isBadData(error) ? 'data' : 'other';
  },
});

export const createSdrOutbox = (db: Kysely<Database>): SdrOutbox => ({
  drain: (limit, deliver) =>
    db.transaction().execute(async (trx) => {
      const rows = await trx
        .selectFrom('sdr_outbox')
        .select(['id', 'record', 'interim'])
        .where('exported_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      if (rows.length === 0) return 0;
      await deliver(rows.map((row) => ({ ...row, record: wholeRecord(row.record) })));
      const ids = rows.map((row) => row.id);
      await trx.updateTable('sdr_outbox').set({ exported_at: new Date() }).where('id', 'in', ids).execute();
      return rows.length;
    }),
  async waiting() {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from sdr_outbox where exported_at is null`.execute(db);
    return rows[0]?.count ?? 0;
  },
});
