/**
 * One batch of audit events, top to bottom: bytes → leaves → events → table. Nothing is lost and nothing is doubled:
 * while the database is gone we hold the batch; what was inserted before a crash is skipped by its id the next time;
 * what can never be inserted is parked, and does not hold up the rest.
 */
import { decodeBatch, decodeLeaf, encodeBatch } from '@elida/contracts';
import type { Clock, Log } from '@elida/kernel';
import { eventProblem } from './event-problem.ts';
import type { AuditMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import type { EventStore, StoredEvent } from './ports.ts';

export interface IngestDeps {
  readonly store: EventStore;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the worker closes: a batch that still waits for the database goes back to the queue. */
  readonly signal: AbortSignal;
}

interface Refused {
  readonly leaf: Uint8Array;
  readonly problem: string;
}

const WAIT_FIRST_MS = 100;
const WAIT_MAX_MS = 5_000;

/** @returns the handler for AuditSource. It throws only where the batch must be tried again. */
export function createIngest(deps: IngestDeps): (bytes: Uint8Array) => Promise<void> {
  return async (bytes) => {
    const batch = readBatch(bytes);
    if (!batch) {
      await whileGone(deps, () => deps.store.park(bytes, 'not a batch'));
      deps.metrics.parked(1);
      return;
    }
    const { events, refused } = readLeaves(batch.leaves);
    const stored = await store(deps, events);
    const parked = [...refused, ...stored.refused];
    await park(deps, batch.producer, parked);
    deps.metrics.stored(stored.inserted, events.length - stored.inserted - stored.refused.length);
    for (const { event } of events) deps.metrics.lag((deps.clock.now() - event.occurredAt) / 1000);
  };
}

function readBatch(bytes: Uint8Array): ReturnType<typeof decodeBatch> | null {
  try {
    return decodeBatch(bytes);
  } catch {
    return null; // not protobuf: parked by the caller
  }
}

function readLeaves(leaves: readonly Uint8Array[]): { events: StoredEvent[]; refused: Refused[] } {
  const events: StoredEvent[] = [];
  const refused: Refused[] = [];
  for (const leaf of leaves) {
    try {
      const event = decodeLeaf(leaf);
      const problem = eventProblem(event);
      if (problem) refused.push({ leaf, problem });
      else events.push({ event, leaf });
    } catch {
      refused.push({ leaf, problem: 'not an event' });
    }
  }
  return { events, refused };
}

/** All in one statement; where the database does not take one of them, each on its own. */
async function store(
  deps: IngestDeps,
  events: readonly StoredEvent[],
): Promise<{ inserted: number; refused: Refused[] }> {
  try {
    return { inserted: await whileGone(deps, () => deps.store.insert(events)), refused: [] };
  } catch (error) {
    if (deps.store.judge(error) !== 'data') throw error;
  }
  let inserted = 0;
  const refused: Refused[] = [];
  for (const event of events) {
    try {
      inserted += await whileGone(deps, () => deps.store.insert([event]));
    } catch (error) {
      if (deps.store.judge(error) !== 'data') throw error;
      refused.push({ leaf: event.leaf, problem: `refused by the database: ${String(error)}` });
    }
  }
  return { inserted, refused };
}

async function park(deps: IngestDeps, producer: string, refused: readonly Refused[]): Promise<void> {
  if (refused.length === 0) return;
  const problems = [...new Set(refused.map(({ problem }) => problem))].join('; ');
  const batch = encodeBatch(
    producer,
    refused.map(({ leaf }) => leaf),
  );
  await whileGone(deps, () => deps.store.park(batch, problems));
  deps.metrics.parked(refused.length);
  deps.log.error('audit_events_parked', { producer, events: refused.length, problems });
}

/** Tries until the database is back, or the worker closes. */
async function whileGone<T>({ store, metrics, log, signal, clock }: IngestDeps, attempt: () => Promise<T>): Promise<T> {
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
