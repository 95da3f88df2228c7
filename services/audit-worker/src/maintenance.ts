/** What the tables need from time to time: partitions made ahead of the days, the outbox freed of what has left, days that are old enough gone. */
import { makeCapturePartitions, makeEventPartitions } from '@elida/postgres';
import { sql } from 'kysely';
import { pause } from './pause.ts';
import { type RetentionDeps, retain } from './retention.ts';

const EVERY_MS = 3_600_000;
const RETRY_MS = 5_000;
const DAYS_AHEAD = 8;

/** One round. Several workers may do it at once: the database serialises them. */
async function maintain(deps: RetentionDeps): Promise<Record<string, number>> {
  const { db } = deps;
  const partitionsMade = (await makeEventPartitions(db, DAYS_AHEAD)) + (await makeCapturePartitions(db, DAYS_AHEAD));
  const removed = await sql`delete from sdr_outbox where exported_at < now() - interval '7 days'`.execute(db);
  const daysGone = await retain(deps);
  return { partitionsMade, exportedRemoved: Number(removed.numAffectedRows ?? 0n), daysGone };
}

/** Runs until the signal: now, then every hour; soon again where it failed. */
export async function maintainAlways(deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  while (!signal.aborted) {
    let waitMs = EVERY_MS;
    try {
      log.debug('audit_maintained', await maintain(deps));
    } catch (error) {
      waitMs = RETRY_MS;
      log.warn('audit_maintenance_failed', { error });
    }
    await pause(waitMs, signal);
  }
}
