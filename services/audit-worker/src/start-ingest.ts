/** What comes in: batches of the queue, parked ones that are tried again, and what their producers hear of it. */
import { countParked, type Database } from '@elida/postgres';
import type { Metrics } from '@elida/telemetry';
import type { Kysely } from 'kysely';
import { createIngest } from './ingest.ts';
import { createEventStore } from './postgres-store.ts';
import { replayAlways } from './replay.ts';
import type { RecordDeps, RecordParts } from './start-record.ts';
import { republishAlways } from './watermarks.ts';

export function startIngest({ source, observe }: RecordDeps, parts: RecordParts): void {
  const { db, log, signal, lifetime } = parts;
  const { publish } = source;
  const ingest = createIngest({ ...parts, store: createEventStore(db), publish, observe });
  const loops = [republishAlways(db, publish, log, signal), replayAlways(db, ingest, log, signal)];
  lifetime.defer('ingest', () => Promise.all(loops));
  source.start(async (batch) => {
    await ingest(batch);
  });
  lifetime.defer('audit source', () => source.close());
}

export function sampleParked(metrics: Metrics, db: Kysely<Database>): void {
  metrics.sampled('elida_audit_parked', 'Batches that could not be stored and wait for somebody to look', () =>
    countParked(db),
  );
}
