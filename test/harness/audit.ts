/** Batches as edges send them, and an audit worker over a real database with a queue in memory. */
import { randomBytes } from 'node:crypto';
import { composeAudit, telemetryOf } from '@elida/audit-worker/compose';
import { type AuditEvent, encodeBatch, encodeLeaf, fileSchema, noTokens, type SessionRecord } from '@elida/contracts';
import { type Log, silentLog, uuidv7 } from '@elida/kernel';
import { type Database, openDatabase } from '@elida/postgres';
import { type AuditProducer, createMemoryAudit } from '@elida/queue';
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
}

export async function startAudit({
  databaseUrl,
  telemetry = {},
  log = silentLog,
  writeLine,
}: AuditOptions): Promise<AuditUnderTest> {
  const db = openDatabase({ url: databaseUrl, log, connectTimeoutMs: 500 });
  const { queue, source } = createMemoryAudit({ log });
  const metrics = createMetrics({ processMetrics: false });
  const file = fileSchema.parse({ telemetry });
  const worker = await composeAudit(
    { telemetry: telemetryOf(file), listen: { host: '127.0.0.1', port: 0 }, version: '0.0.0-test' },
    { db, source, metrics, log, pollMs: 20, ...(writeLine ? { writeLine } : {}) },
  );
  return {
    queue,
    metrics,
    metricsUrl: worker.metricsUrl,
    async close() {
      await worker.close();
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
