/** The record's part of the worker: ingest, log, gaps, replay, retention, and what is told to the producers. */
import type { AuditEvent } from '@elida/contracts';
import type { Clock, Installation, Lifetime, Log } from '@elida/kernel';
import { countParked, type Database } from '@elida/postgres';
import { logSigners } from '@elida/record';
import type { Metrics } from '@elida/telemetry';
import { type Kysely, sql } from 'kysely';
import { AnchorFile } from './anchor-file.ts';
import type { AuditConfig } from './config.ts';
import { watchGaps } from './gaps.ts';
import { createIngest } from './ingest.ts';
import { keepLogs } from './log-keeper.ts';
import { maintainAlways } from './maintenance.ts';
import type { AuditMetrics } from './metrics.ts';
import { OwnEvents } from './own-events.ts';
import type { AuditSource } from './ports.ts';
import { createEventStore } from './postgres-store.ts';
import { replayAlways } from './replay.ts';
import { republishAlways } from './watermarks.ts';

export interface RecordDeps {
  readonly db: Kysely<Database>;
  readonly recordDb?: Kysely<Database>;
  readonly source: AuditSource;
  readonly installation: Installation;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly lifetime: Lifetime;
  readonly writeLine: (line: string) => Promise<void>;
  /** Hears of events that were stored just now. Must not throw, nor wait. */
  readonly observe: (events: readonly AuditEvent[]) => void;
  readonly logEveryMs?: number | undefined;
  readonly gapPatienceMs?: number | undefined;
}

const LOG_EVERY_MS = 1_000;
const GAP_PATIENCE_MS = 60_000;

/** What it starts it leaves to the lifetime. */
export async function startRecord({ record }: AuditConfig, deps: RecordDeps): Promise<void> {
  const { db, source, log, lifetime, installation } = deps;
  const { signal } = lifetime;
  const { publish } = source;
  const recordDb = deps.recordDb ?? db;
  const anchors = await openAnchors(record.checkpoints, record.checkpointsToStdout ? deps.writeLine : null, log);
  lifetime.defer('checkpoint file', () => anchors.close());
  const signerOf = logSigners({ name: installation.key('session-id'), seed: installation.key('audit-log') });
  const own = new OwnEvents(recordDb, deps.clock);
  const ownerOwn = new OwnEvents(db, deps.clock);
  const parts = { db: recordDb, own, metrics: deps.metrics, log, clock: deps.clock, signal };
  const ingest = createIngest({ ...parts, store: createEventStore(recordDb), publish, observe: deps.observe });
  const loops = [
    keepLogs({ ...parts, anchors, signerOf, everyMs: deps.logEveryMs ?? LOG_EVERY_MS }),
    watchGaps({ ...parts, patienceMs: deps.gapPatienceMs ?? GAP_PATIENCE_MS }),
    republishAlways(recordDb, publish, log, signal),
    replayAlways(recordDb, ingest, log, signal),
    maintainAlways({ ...parts, ...record, db, own: ownerOwn, signerOf }, signal),
    sayRole(recordDb, log),
  ];
  lifetime.defer('record', () => Promise.all(loops));
  source.start(async (batch) => {
    await ingest(batch);
  });
  lifetime.defer('audit source', () => source.close());
}

/** Without the file the log goes on, and says that nothing outside of the database holds it to account. */
async function openAnchors(
  path: string,
  writeLine: ((line: string) => Promise<void>) | null,
  log: Log,
): Promise<AnchorFile> {
  try {
    return await AnchorFile.open(path, writeLine);
  } catch (error) {
    log.error('checkpoint_file_unavailable', { path, error });
    return await AnchorFile.open('', writeLine);
  }
}

/** Where the role could not be made or taken, triggers alone keep the record. */
async function sayRole(db: Kysely<Database>, log: Log): Promise<void> {
  try {
    const { rows } = await sql<{ name: string }>`select current_user as name`.execute(db);
    if (rows[0]?.name !== 'elida_audit') log.warn('audit_role_not_taken', { role: rows[0]?.name });
  } catch (error) {
    log.debug('audit_role_not_known', { error });
  }
}

export function sampleParked(metrics: Metrics, db: Kysely<Database>): void {
  metrics.sampled('elida_audit_parked', 'Batches that could not be stored and wait for somebody to look', () =>
    countParked(db),
  );
}
