/**
 * From the outbox to the queues: each record gets a delivery to each sink, what is due becomes a job. Sinks are fed each on
 * its own: one with a full queue keeps nobody waiting, and what it must wait for stands in the database.
 */
import type { Log } from '@elida/kernel';
import { type Database, offerDeliveries, planDeliveries } from '@elida/postgres';
import type { ExportQueue } from '@elida/queue';
import type { Kysely } from 'kysely';
import { pause } from '../pause.ts';

export interface DispatchDeps {
  readonly db: Kysely<Database>;
  readonly queue: ExportQueue;
  readonly sinks: readonly string[];
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

const AT_ONCE = 500;
/** Jobs of one sink. The rest waits in the database, which is not what sessions live in. */
const QUEUE_MAX = 5_000;
const BACK_OFF_MAX_MS = 30_000;

/** Runs until the signal. */
export async function dispatchAlways(deps: DispatchDeps): Promise<void> {
  const { log, signal, pollMs } = deps;
  let waitMs = pollMs;
  while (!signal.aborted) {
    try {
      const planned = await planDeliveries(deps.db, deps.sinks, AT_ONCE);
      const offered = await Promise.all(deps.sinks.map((sink) => feed(deps, sink)));
      waitMs = pollMs;
      if (planned === AT_ONCE || offered.includes(AT_ONCE)) continue;
    } catch (error) {
      waitMs = Math.min(waitMs * 2, BACK_OFF_MAX_MS);
      log.warn('export_dispatch_failed', { error, waitMs });
    }
    await pause(waitMs, signal);
  }
}

async function feed({ db, queue }: DispatchDeps, sink: string): Promise<number> {
  const room = Math.min(AT_ONCE, QUEUE_MAX - (await queue.depth(sink)));
  return room <= 0 ? 0 : await offerDeliveries(db, sink, room, (ids) => queue.add(sink, ids));
}
