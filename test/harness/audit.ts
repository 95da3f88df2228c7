/** Batches as edges send them, and an audit worker over a real database with a queue in memory. */
import { randomBytes } from 'node:crypto';
import { type AuditDeps, composeAudit, recordOf, telemetryOf } from '@elida/audit-worker/compose';
import { type AuditEvent, encodeBatch, encodeLeaf, fileSchema, noTokens, type SessionRecord } from '@elida/contracts';
import { type Log, newSecret, openInstallation, silentLog, uuidv7 } from '@elida/kernel';
import { type Database, openDatabase } from '@elida/postgres';
import {
  type AuditProducer,
  createMemoryAudit,
  createMemoryExports,
  type ExportQueue,
  type MemoryAudit,
} from '@elida/queue';
import { createMetrics, type Metrics } from '@elida/telemetry';
import type { Kysely } from 'kysely';

export const newSessionId = (): string => `ses_${randomBytes(8).toString('hex')}`;

export function auditEvent(session: string, seq: number, change: Partial<AuditEvent> = {}): AuditEvent {
  const occurredAt = Date.now();
  return {
    eventId: uuidv7(occurredAt),
    tenant: 'default',
    producer: 'edge-1',
    seq,
    occurredAt,
    type: 'exchange',
    session,
    incarnation: 1,
    severity: 'info',
    data: { backend: 'demo', status: 200 },
    ...change,
  };
}

/** `size` events of one session, numbered from `from`. */
export const auditBatch = (session: string, from: number, size: number): Uint8Array =>
  encodeBatch(
    'edge-1',
    Array.from({ length: size }, (_, n) => encodeLeaf(auditEvent(session, from + n))),
  );

export function sessionRecord(change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    sid: newSessionId(),
    incarnation: 1,
    tenant: 'default',
    principal: 'key:ci',
    agent: 'claude-code',
    workflow: '',
    parent: '',
    tags: {},
    hintKind: 'claude-code',
    displayName: 'client-1a2b3c4d-anthropic',
    state: 'completed',
    epoch: 1,
    policy: 'base',
    backend: 'anthropic',
    backendsUsed: { anthropic: 12 },
    clientAddr: '10.0.0.5:12345',
    edge: 'edge-1',
    startedAt: 1_790_000_000_000,
    lastAt: 1_790_000_044_000,
    endedAt: 1_790_000_045_000,
    endReason: 'completed',
    untilAt: 0,
    reason: '',
    actor: '',
    requests: 12,
    bytesIn: 4500,
    bytesOut: 128_000,
    tokens: noTokens(),
    models: [],
    toolCounts: {},
    toolCalls: 0,
    violations: 0,
    captures: 0,
    risk: { score: 0, at: 0 },
    halfLifeMs: 0,
    ...change,
  };
}

export interface AuditUnderTest {
  readonly queue: AuditProducer;
  readonly metrics: Metrics;
  readonly metricsUrl: string;
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly databaseUrl: string;
  /** Of the configuration file. */
  readonly telemetry?: Record<string, unknown>;
  readonly log?: Log;
  readonly writeLine?: (line: string) => Promise<void>;
  /** Of the configuration file. */
  readonly storage?: Record<string, unknown>;
  /** The checkpoint file; default: none. */
  readonly checkpoints?: string;
  /** Default: a new one for each worker. */
  readonly secret?: string;
  readonly logEveryMs?: number;
  readonly gapPatienceMs?: number;
  /** Shared with other workers; default: its own. */
  readonly audit?: MemoryAudit;
  readonly exports?: ExportQueue;
  readonly readCaptures?: AuditDeps['readCaptures'];
  /** How long a record waits for the events that it counts; default: it does not. */
  readonly eventsWithinMs?: number;
}

export async function startAudit(options: AuditOptions): Promise<AuditUnderTest> {
  const { databaseUrl, telemetry = {}, storage = {}, log = silentLog, checkpoints = '' } = options;
  const db = openDatabase({ url: databaseUrl, log, connectTimeoutMs: 500 });
  const recordDb = openDatabase({ url: databaseUrl, log, connectTimeoutMs: 500, role: 'elida_audit' });
  const { queue, source } = options.audit ?? createMemoryAudit({ log });
  const metrics = createMetrics({ processMetrics: false });
  const file = fileSchema.parse({ telemetry, storage });
  const worker = await composeAudit(
    {
      telemetry: telemetryOf(file),
      record: recordOf(file, checkpoints),
      listen: { host: '127.0.0.1', port: 0 },
      version: '0.0.0-test',
    },
    {
      db,
      recordDb,
      installation: openInstallation(options.secret ?? newSecret()),
      source,
      exports: options.exports ?? createMemoryExports({ log, backOff: () => 20 }),
      metrics,
      log,
      pollMs: 20,
      eventsWithinMs: options.eventsWithinMs ?? 0,
      ...(options.readCaptures && { readCaptures: options.readCaptures }),
      logEveryMs: options.logEveryMs ?? 50,
      ...(options.gapPatienceMs !== undefined && { gapPatienceMs: options.gapPatienceMs }),
      ...(options.writeLine && { writeLine: options.writeLine }),
    },
  );
  return {
    queue,
    metrics,
    metricsUrl: worker.metricsUrl,
    async close() {
      await worker.close();
      await recordDb.destroy();
      await db.destroy();
    },
  };
}

/** How many rows a session has, and how many different events. */
export async function stored(db: Kysely<Database>, session: string): Promise<{ rows: number; events: number }> {
  const { rows, events } = await db
    .selectFrom('events')
    .select(({ fn }) => [fn.countAll<string>().as('rows'), fn.count<string>('event_id').distinct().as('events')])
    .where('session', '=', session)
    .executeTakeFirstOrThrow();
  return { rows: Number(rows), events: Number(events) };
}
