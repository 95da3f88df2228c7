/** Says again how far every producer is stored: a queue that was wiped has forgotten, a late answer may have said less. */
import type { Log } from '@elida/kernel';
import { type Database, readThrough } from '@elida/postgres';
import type { Kysely } from 'kysely';
import { pause } from './pause.ts';
import type { Publish } from './ports.ts';

const EVERY_MS = 2_000;
/** Producers that were silent for longer have nothing that they wait with. */
const SEEN_SECONDS = 86_400;

/** Runs until the signal. */
export async function republishAlways(
  db: Kysely<Database>,
  publish: Publish,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await publish(await readThrough(db, SEEN_SECONDS));
    } catch (error) {
      log.debug('audit_through_not_told', { error });
    }
    await pause(EVERY_MS, signal);
  }
}
