/**
 * One batch of audit events, top to bottom: bytes → records → table, with how far its producers are stored → told to them.
 * Nothing is lost and nothing is doubled: while the database is gone we hold the batch; what was inserted before a crash
 * is skipped by its id the next time; what can never be inserted is parked, and does not hold up the rest. `sequence.ts`
 * gives what is stored its place in the log.
 */
import { type AuditEvent, decodeBatch, encodeBatch } from '@elida/contracts';
import type { Clock, Log } from '@elida/kernel';
import { decodeRecord } from '@elida/record';
import { eventProblem } from './event-problem.ts';
import type { AuditMetrics } from './metrics.ts';
import { type Numbered, numbersOf } from './numbers.ts';
import type { EventStore, Publish, Stored, StoredEvent } from './ports.ts';
import { whileGone } from './while-gone.ts';

export interface IngestDeps {
  readonly store: EventStore;
  readonly publish: Publish;
  /** Hears of events that were stored just now: of a batch that came again whole, nothing. */
  readonly observe: (events: readonly AuditEvent[]) => void;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the worker closes: a batch that still waits for the database goes back to the queue. */
  readonly signal: AbortSignal;
}

interface Refused {
  readonly record: Uint8Array;
  readonly problem: string;
  /** Whose number it has; null where it cannot be read. */
  readonly event: Numbered | null;
}

/** With the bytes that it came as. */
interface Read extends StoredEvent {
  readonly record: Uint8Array;
}

export interface Ingested {
  readonly refused: number;
}

/** @returns the handler for AuditSource. It throws only where the batch must be tried again. */
export function createIngest(deps: IngestDeps): (bytes: Uint8Array) => Promise<Ingested> {
  return async (bytes) => {
    const batch = readBatch(bytes);
    if (!batch) {
      await whileGone(deps, () => deps.store.park([{ batch: bytes, error: 'not a batch' }]));
      deps.metrics.parked(1);
      return { refused: 1 };
    }
    const { events, refused } = readRecords(batch.leaves);
    // Parked first: once its number counts as kept, its producer may forget it.
    await park(deps, batch.producer, refused);
    const stored = await store(deps, batch.producer, events, refused);
    await tell(deps, stored.through);
    if (stored.inserted > 0) deps.observe(events.map(({ event }) => event));
    deps.metrics.stored(stored.inserted, events.length - stored.inserted - stored.refused);
    for (const { event } of events) deps.metrics.lag((deps.clock.now() - event.occurredAt) / 1000);
    return { refused: refused.length + stored.refused };
  };
}

function readBatch(bytes: Uint8Array): ReturnType<typeof decodeBatch> | null {
  try {
    return decodeBatch(bytes);
  } catch {
    return null; // not protobuf: parked by the caller
  }
}

function readRecords(records: readonly Uint8Array[]): { events: Read[]; refused: Refused[] } {
  const events: Read[] = [];
  const refused: Refused[] = [];
  for (const record of records) {
    try {
      const read = decodeRecord(record);
      const problem = eventProblem(read.event);
      if (problem) refused.push({ record, problem, event: read.event });
      else events.push({ ...read, record });
    } catch {
      refused.push({ record, problem: 'not an event', event: null });
    }
  }
  return { events, refused };
}

/** All in one statement; where the database does not take one of them, each on its own. */
async function store(
  deps: IngestDeps,
  producer: string,
  events: readonly Read[],
  parked: readonly Refused[],
): Promise<Stored & { readonly refused: number }> {
  const kept = parked.flatMap(({ event }) => event ?? []);
  const insert = (some: readonly StoredEvent[], also: readonly Numbered[]): Promise<Stored> => {
    const numbers = numbersOf([...some.map(({ event }) => event), ...also]);
    return whileGone(deps, () => deps.store.insert(some, numbers));
  };
  try {
    return { ...(await insert(events, kept)), refused: 0 };
  } catch (error) {
    if (deps.store.judge(error) !== 'data') throw error;
  }
  let inserted = 0;
  const refused: Refused[] = [];
  for (const event of events) {
    try {
      inserted += (await insert([event], [])).inserted;
    } catch (error) {
      if (deps.store.judge(error) !== 'data') throw error;
      refused.push({ record: event.record, problem: `refused by the database: ${String(error)}`, event: event.event });
    }
  }
  await park(deps, producer, refused);
  // Every number of the batch once more: so its answer has them all.
  const { through } = await insert([], [...events.map(({ event }) => event), ...kept]);
  return { inserted, through, refused: refused.length };
}

async function park(deps: IngestDeps, producer: string, refused: readonly Refused[]): Promise<void> {
  if (refused.length === 0) return;
  // Each as a batch of its own: sent again in other company it is still the same.
  const parked = refused.map(({ record, problem }) => ({ batch: encodeBatch(producer, [record]), error: problem }));
  await whileGone(deps, () => deps.store.park(parked));
  deps.metrics.parked(refused.length);
  const problems = [...new Set(refused.map(({ problem }) => problem))].join('; ');
  deps.log.error('audit_events_parked', { producer, events: refused.length, problems });
}

/** After the commit. Where the queue is gone it is said again later: `watermarks.ts`. */
async function tell({ publish, log }: IngestDeps, through: Stored['through']): Promise<void> {
  try {
    await publish(through);
  } catch (error) {
    log.debug('audit_through_not_told', { error });
  }
}
