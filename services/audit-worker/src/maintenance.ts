/** What the tables need from time to time: partitions made ahead of the days, the outbox freed of what has left. */

import type { Log } from '@elida/kernel';
import { type Database, makeEventPartitions } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import { pause } from './pause.ts';

const EVERY_MS = 3_600_000;
const RETRY_MS = 5_000;
const DAYS_AHEAD = 8;

/** One round. Several workers may do it at once: the database serialises them. */
async function maintain(db: Kysely<Database>): Promise<{ partitionsMade: number; exportedRemoved: number }> {
  const partitionsMade = await makeEventPartitions(db, DAYS_AHEAD);
  const removed = await sql`delete from sdr_outbox where exported_at < now() - interval '7 days'`.execute(db);
  return { partitionsMade, exportedRemoved: Number(removed.numAffectedRows ?? 0n) };
}

/** Runs until the signal: now, then every hour; soon again where it failed. */
export async function maintainAlways(db: Kysely<Database>, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let waitMs = EVERY_MS;
    try {
      log.debug('audit_maintained', await maintain(db));
    } catch (error) {
      waitMs = RETRY_MS;
      log.warn('audit_maintenance_failed', { error });
    }
    await pause(waitMs, signal);
  }
}
