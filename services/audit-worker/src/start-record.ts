/** The record's part of the worker: what comes in, and the log over it. */
import type { AuditEvent } from '@elida/contracts';
import type { Clock, Installation, Lifetime, Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import type { AuditConfig } from './config.ts';
import type { AuditMetrics } from './metrics.ts';
import type { AuditSource } from './ports.ts';
import { startIngest } from './start-ingest.ts';
import { startLog } from './start-log.ts';

export interface RecordDeps {
  /** Of the tables' owner. */
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

/** What all parts of the record work with: the connections may only add to it. */
export interface RecordParts extends Pick<RecordDeps, 'metrics' | 'log' | 'clock' | 'lifetime'> {
  readonly db: Kysely<Database>;
  readonly signal: AbortSignal;
}

/** What it starts it leaves to the lifetime. */
export async function startRecord({ record }: AuditConfig, deps: RecordDeps): Promise<void> {
  const { metrics, log, clock, lifetime } = deps;
  const parts = { db: deps.recordDb ?? deps.db, metrics, log, clock, lifetime, signal: lifetime.signal };
  const role = sayRole(parts.db, log);
  lifetime.defer('role', () => role);
  await startLog(record, deps, parts);
  startIngest(deps, parts);
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
