/** Holds on while the database is gone: retries by the queue would reorder batches. */
import type { Clock, Log } from '@elida/kernel';
import type { AuditMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import type { EventStore } from './ports.ts';

const WAIT_FIRST_MS = 100;
const WAIT_MAX_MS = 5_000;

export interface WaitDeps {
  readonly store: Pick<EventStore, 'judge'>;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Tries until the database is back, or the worker closes. @throws what is not the database being gone. */
export async function whileGone<T>(deps: WaitDeps, attempt: () => Promise<T>): Promise<T> {
  const { store, metrics, log, signal, clock } = deps;
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
    const startedAt = clock.monotonic();
    try {
      const result = await attempt();
      metrics.storeTook((clock.monotonic() - startedAt) / 1000);
      return result;
    } catch (error) {
      if (signal.aborted || store.judge(error) !== 'gone') throw error;
      metrics.waited();
      log.warn('audit_store_gone', { error, waitMs });
      await pause(waitMs, signal);
    }
  }
}
