/** Puts the worker together. What it is given it uses, and leaves to the giver to close. */
import { type Clock, Lifetime, type Log, systemClock } from '@elida/kernel';
import { type Database, isNotMigrated } from '@elida/postgres';
import { type Metrics, type Readiness, startMetricsListener } from '@elida/telemetry';
import { type Kysely, sql } from 'kysely';
import type { AuditConfig } from './config.ts';
import { openSdrExporter } from './exporter.ts';
import { createIngest } from './ingest.ts';
import { maintainAlways } from './maintenance.ts';
import { auditMetrics } from './metrics.ts';
import type { AuditSource, SdrExporter } from './ports.ts';
import { createEventStore, createSdrOutbox } from './postgres-store.ts';
import { exportSdrs } from './sdr-export.ts';

export { type AuditConfig, type TelemetryConfig, telemetryOf } from './config.ts';

export interface AuditDeps {
  readonly db: Kysely<Database>;
  readonly source: AuditSource;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: the one that `config.telemetry` names. */
  readonly exporter?: SdrExporter;
  /** Where the `stdout` exporter writes. */
  readonly writeLine?: (line: string) => Promise<void>;
  /** How often the SDR outbox is looked at, ms. */
  readonly pollMs?: number;
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
  const { db, source, clock = systemClock } = deps;
  const log = deps.log.child({ part: 'audit' });
  const metrics = auditMetrics(deps.metrics);
  const lifetime = new Lifetime(log);
  const { signal } = lifetime;
  const outbox = createSdrOutbox(db);
  deps.metrics.sampled('elida_audit_queue_depth', 'Batches that wait for the worker', () => source.depth());
  deps.metrics.sampled('elida_sdr_outbox', 'Session detail records that wait for their exporter', () =>
    outbox.waiting(),
  );

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
  const exporter = deps.exporter ?? openSdrExporter(config, deps.writeLine ?? toStdout);
  lifetime.defer('sdr exporter', () => exporter.close());
  const exporting = exportSdrs({ outbox, exporter, metrics, log, signal, pollMs: deps.pollMs ?? 1_000 });
  const maintaining = maintainAlways(db, log, signal);
  lifetime.defer('loops', () => Promise.all([exporting, maintaining]));
  source.start(createIngest({ store: createEventStore(db), metrics, log, clock, signal }));
  lifetime.defer('audit source', () => source.close());
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
