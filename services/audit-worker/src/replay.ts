/** Parked batches that somebody asked to be tried again: through the same ingest as any other. */
import type { Log } from '@elida/kernel';
import { type Database, readReplays, settleReplay } from '@elida/postgres';
import type { Kysely } from 'kysely';
import type { Ingested } from './ingest.ts';
import { pause } from './pause.ts';

const EVERY_MS = 2_000;
const BATCH_MAX = 50;

/** Runs until the signal. Two workers may try the same one: it is stored once. */
export async function replayAlways(
  db: Kysely<Database>,
  ingest: (batch: Uint8Array) => Promise<Ingested>,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const { id, batch } of await readReplays(db, BATCH_MAX)) {
        const { refused } = await ingest(batch);
        await settleReplay(db, id, refused === 0);
        log.info('audit_batch_replayed', { id, stored: refused === 0 });
      }
    } catch (error) {
      log.warn('audit_replay_failed', { error });
    }
    await pause(EVERY_MS, signal);
  }
}
