/** The distributed audit worker: real adapters, loaded only here, so that a process that brings its own does not load them. */
import { createLog, Lifetime, type Log, openInstallation } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { type AuditWorker, composeAudit } from './compose.ts';
import type { AuditProcessConfig } from './config.ts';

/** Batches in hand. */
const CONCURRENCY = 4;
const RECORD_POOL = CONCURRENCY + 4;
/** Exports, maintenance, metrics. */
const POOL = 4;
const STATEMENT_MS = 10_000;

function openLog(config: AuditProcessConfig): Log {
  const redactor = createRedactor({ redactPrivateIps: false });
  const log = createLog({ level: config.logLevel, redact: (text) => redactor.redact(text) });
  for (const warning of config.warnings) log.warn('config', { warning });
  return log;
}

/** Starts whether or not Redis and Postgres are there: it waits for both. */
export async function auditFromEnvironment(config: AuditProcessConfig): Promise<AuditWorker> {
  const log = openLog(config);
  const [{ createBullAuditSource, createBullExports }, { openDatabase }, { createMetrics }] = await Promise.all([
    import('@elida/queue'),
    import('@elida/postgres'),
    import('@elida/telemetry'),
  ]);
  const lifetime = new Lifetime(log);
  const db = openDatabase({ url: config.postgresUrl, log, poolMax: POOL, statementTimeoutMs: STATEMENT_MS });
  lifetime.defer('database', () => db.destroy());
  const recordDb = openDatabase({
    url: config.postgresUrl,
    log,
    role: 'elida_audit',
    poolMax: RECORD_POOL,
    statementTimeoutMs: STATEMENT_MS,
  });
  lifetime.defer('record database', () => recordDb.destroy());
  const installation = openInstallation(config.secret);
  const source = createBullAuditSource({ redisUrl: config.redisUrl, log, concurrency: CONCURRENCY });
  const exports = createBullExports({ redisUrl: config.redisUrl, log });
  const metrics = createMetrics({ processMetrics: true });
  try {
    const worker = await composeAudit(config, { db, recordDb, installation, source, exports, metrics, log });
    return {
      ...worker,
      async close() {
        await worker.close();
        await lifetime.close();
      },
    };
  } catch (error) {
    await source.close();
    await lifetime.close();
    throw error;
  }
}
