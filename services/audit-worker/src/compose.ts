/** Puts the worker together. What it is given it uses, and leaves to the giver to close. */
import { type Clock, type Installation, Lifetime, type Log, systemClock } from '@elida/kernel';
import { type Database, isNotMigrated } from '@elida/postgres';
import type { ExportQueue } from '@elida/queue';
import { type Metrics, type Readiness, startMetricsListener } from '@elida/telemetry';
import { type Kysely, sql } from 'kysely';
import type { AuditConfig } from './config.ts';
import type { ReadCaptures } from './exporters/findings.ts';
import { auditMetrics } from './metrics.ts';
import type { AuditSource } from './ports.ts';
import { startExports } from './start-exports.ts';
import { sampleParked } from './start-ingest.ts';
import { startRecord } from './start-record.ts';

export { type AuditConfig, type RecordConfig, recordOf, type TelemetryConfig, telemetryOf } from './config.ts';

export interface AuditDeps {
  /** Of the tables' owner: partitions, exports. */
  readonly db: Kysely<Database>;
  /** Of the role that may only add to the record. Default: `db`. */
  readonly recordDb?: Kysely<Database>;
  readonly installation: Installation;
  readonly source: AuditSource;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock?: Clock;
  readonly exports: ExportQueue;
  /** Of a session, for its detail record. Default: those that are stored. */
  readonly readCaptures?: ReadCaptures;
  /** Where the `stdout` exporter writes. */
  readonly writeLine?: (line: string) => Promise<void>;
  /** How often the SDR outbox is looked at, ms. */
  readonly pollMs?: number;
  /** How long a record waits for the events that it counts, ms. */
  readonly eventsWithinMs?: number;
  /** Between two turns of a log that has little to do, ms. */
  readonly logEveryMs?: number;
  /** How long later numbers of a producer may be there before those in between count as lost, ms. */
  readonly gapPatienceMs?: number;
}

export interface AuditWorker {
  /** Empty where the composing process serves the metrics. */
  readonly metricsUrl: string;
  ready(): Promise<Readiness>;
  /** Lets the batch in hand finish; what it cannot finish stays in the queue. */
  close(): Promise<void>;
}

const toStdout = (line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
  });

/** @throws Error where the metrics port is taken. A database that is gone is waited for. */
export async function composeAudit(config: AuditConfig, deps: AuditDeps): Promise<AuditWorker> {
  const { db, source, clock = systemClock, writeLine = toStdout } = deps;
  const log = deps.log.child({ part: 'audit' });
  const metrics = auditMetrics(deps.metrics);
  const lifetime = new Lifetime(log);
  deps.metrics.sampled('elida_audit_queue_depth', 'Batches that wait for the worker', () => source.depth());
  sampleParked(deps.metrics, db);

  const ready = async (): Promise<Readiness> => {
    const database = await checkDatabase(db);
    return { ready: database === 'ok', checks: { database } };
  };
  let metricsUrl = '';
  if (config.listen) {
    const listener = await startMetricsListener({ ...config.listen, metrics: deps.metrics, ready });
    lifetime.defer('metrics listener', () => listener.close());
    metricsUrl = listener.url;
  }
  const observe = await startExports(config, { ...deps, log, clock, lifetime, writeLine });
  await startRecord(config, { ...deps, log, clock, metrics, lifetime, writeLine, observe });
  return { metricsUrl, ready, close: () => lifetime.close() };
}

async function checkDatabase(db: Kysely<Database>): Promise<string> {
  try {
    await sql`select 1 from events limit 0`.execute(db);
    return 'ok';
  } catch (error) {
    return isNotMigrated(error) ? 'not migrated yet' : 'unavailable';
  }
}
