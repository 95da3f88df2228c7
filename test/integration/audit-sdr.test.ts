/** Session detail records on their way out: each once, whoever exports it, however long the sink was away. */

import { encodeBatch, encodeLeaf, type SessionRecord } from '@elida/contracts';
import { silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase, toJsonb } from '@elida/postgres';
import { NO_FINDINGS } from '@elida/record';
import { freePort, startPostgres } from '@elida/repo';
import { createOtlpClient, createOtlpSpanSink } from '@elida/telemetry/otlp';
import type { Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  type AuditUnderTest,
  auditBatch,
  auditEvent,
  newSessionId,
  sessionRecord,
  startAudit,
  stored,
} from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../harness/otlp-receiver.ts';

const patient = { timeout: 30_000, interval: 20 };

await describeWith('session detail records', { postgres: () => startPostgres() }, (backends) => {
  let db: Kysely<Database>;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    db = openDatabase({ url: backends.postgres.url, log: silentLog });
    await migrate(db);
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    await db.deleteFrom('sdr_outbox').execute();
  });
  afterEach(async () => {
    for (const part of open.splice(0).reverse()) await part.close();
  });

  async function receiver(port = 0): Promise<OtlpReceiver> {
    const started = await startOtlpReceiver(port);
    open.push(started);
    return started;
  }
  async function audit(
    telemetry: Record<string, unknown>,
    write?: (line: string) => Promise<void>,
  ): Promise<AuditUnderTest> {
    const databaseUrl = backends.postgres.url;
    const options = { databaseUrl, telemetry: { enabled: true, ...telemetry } };
    const started = await startAudit(write ? { ...options, writeLine: write } : options);
    open.push(started);
    return started;
  }
  const enqueue = (record: SessionRecord, interim = false) =>
    db
      .insertInto('sdr_outbox')
      .values({
        sid: record.sid,
        incarnation: record.incarnation,
        interim,
        record: toJsonb(record),
        created_at: new Date(),
      })
      .execute();
  const waiting = async (): Promise<number> =>
    (await db.selectFrom('sdr_outbox').select('id').where('exported_at', 'is', null).execute()).length;

  it('arrive at a collector as the span session.record, with the names of the seed', async () => {
    const collector = await receiver();
    await audit({ endpoint: collector.url, service_name: 'elida-test', headers: { 'x-tenant': 'a' } });
    const record = sessionRecord({ tags: { team: 'red' } });
    await enqueue(record);
    await expect.poll(() => collector.spans.length, patient).toBe(1);
    expect(collector.requests.find(({ path }) => path === '/v1/traces')?.headers).toMatchObject({ 'x-tenant': 'a' });
    expect(collector.spans[0]).toMatchObject({
      name: 'session.record',
      kind: 1,
      startAt: record.startedAt,
      endAt: record.endedAt,
      resource: { 'service.name': 'elida-test', 'service.version': '0.0.0-test' },
      attributes: {
        'elida.session.id': record.sid,
        'elida.session.incarnation': 1,
        'elida.session.state': 'completed',
        'elida.backend': 'anthropic',
        'elida.client.addr': '10.0.0.5:12345',
        'elida.duration.ms': 45_000,
        'elida.request.count': 12,
        'elida.bytes.in': 4500,
        'elida.bytes.out': 128_000,
        'elida.violations.count': 0,
        'elida.violations.rules': [],
        'elida.violations.max_severity': '',
        'elida.captures.count': 0,
        'elida.end_reason': 'completed',
        'elida.backends.used': ['anthropic'],
        'elida.tag.team': 'red',
        'gen_ai.conversation.id': record.sid,
        'gen_ai.provider.name': 'anthropic',
      },
    });
    await expect.poll(waiting, patient).toBe(0);
  });

  it('name the rules that fired, the worst severity and the actions, from the events of that incarnation', async () => {
    const collector = await receiver();
    const record = sessionRecord({ violations: 3, startedAt: Date.now() - 1_000, endedAt: Date.now() });
    const found = (seq: number, rule: string, severity: 'info' | 'critical', action: string, incarnation = 1) =>
      auditEvent(record.sid, seq, {
        ...{ type: 'violation_detected', severity, incarnation, data: { rule_name: rule, action } },
      });
    const events = [
      found(1, 'pii', 'info', 'flag'),
      found(2, 'shell', 'critical', 'terminate'),
      found(3, 'pii', 'info', 'flag'),
      found(4, 'other', 'critical', 'block', 2),
      auditEvent(record.sid, 5),
    ];
    const worker = await audit({ endpoint: collector.url });
    await worker.queue.send(encodeBatch('edge-1', events.map(encodeLeaf)));
    await expect.poll(() => stored(db, record.sid), patient).toEqual({ rows: 5, events: 5 });
    await enqueue(record);
    await expect.poll(() => collector.spans.length, patient).toBe(1);
    expect(collector.spans[0]?.attributes).toMatchObject({
      'elida.violations.count': 3,
      'elida.violations.rules': ['pii', 'shell'],
      'elida.violations.max_severity': 'critical',
      'elida.violations.actions': ['flag', 'terminate'],
    });
  });

  it('sent twice are the same span; another incarnation and an interim record are others of their own', async () => {
    const collector = await receiver();
    const options = { headers: {}, serviceName: 'elida', serviceVersion: '1', instance: '1', insecure: true } as const;
    const sink = createOtlpSpanSink(
      createOtlpClient({ endpoint: collector.url, protocol: 'http/protobuf', ...options }),
    );
    const record = sessionRecord();
    const next = { ...record, incarnation: 2 };
    for (const item of [record, record, next])
      await sink.deliver({ record: item, interim: false, findings: NO_FINDINGS });
    await sink.deliver({ record, interim: true, findings: NO_FINDINGS });
    const [first, again, second, interim] = collector.spans;
    expect([again?.traceId, again?.spanId]).toEqual([first?.traceId, first?.spanId]);
    expect(second?.traceId).not.toBe(first?.traceId);
    expect([interim?.traceId === first?.traceId, interim?.spanId === first?.spanId]).toEqual([true, false]);
    expect(first?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('wait for a sink that is away, which delays no event, and leave when it is back', async () => {
    const port = await freePort();
    const worker = await audit({ endpoint: `127.0.0.1:${port}`, insecure: true });
    const record = sessionRecord();
    await enqueue(record);
    await expect
      .poll(() => worker.metrics.text(), patient)
      .toMatch(/elida_exports_total{kind="otlp-traces",outcome="failed"} [1-9]/);
    const session = newSessionId();
    await worker.queue.send(auditBatch(session, 1, 5));
    await expect.poll(() => stored(db, session), patient).toEqual({ rows: 5, events: 5 });
    expect(await worker.metrics.text()).toContain('elida_exports_waiting 2');
    const collector = await receiver(port);
    await expect
      .poll(() => collector.spans.map((span) => span.attributes['elida.session.id']), patient)
      .toEqual([record.sid]);
    await expect.poll(waiting, patient).toBe(0);
  });

  it('leave once with two workers side by side', async () => {
    const collector = await receiver();
    const records = Array.from({ length: 250 }, () => sessionRecord());
    for (const record of records) await enqueue(record);
    await Promise.all([audit({ endpoint: collector.url }), audit({ endpoint: collector.url })]);
    await expect.poll(waiting, patient).toBe(0);
    const sent = collector.spans.map((span) => String(span.attributes['elida.session.id']));
    expect(sent.sort()).toEqual(records.map(({ sid }) => sid).sort());
  });

  it('as JSON lines carry the same attributes, and no secret that a caller put into its labels', async () => {
    const lines: string[] = [];
    const secret = `sk-ant-api03-${'a1B2'.repeat(12)}`;
    const write = async (line: string): Promise<void> => {
      lines.push(...line.trimEnd().split('\n'));
    };
    await audit({ exporter: 'stdout' }, write);
    const record = sessionRecord({
      tags: { note: secret, api_key: 'hunter2hunter2' },
      agent: secret,
      workflow: secret,
    });
    await enqueue(record);
    await expect.poll(() => lines.length, patient).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      name: 'session.record',
      start: '2026-09-21T14:13:20.000Z',
      attributes: { 'elida.session.id': record.sid, 'elida.client.addr': '10.0.0.5:12345' },
    });
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).not.toContain('hunter2');
  });

  it('that left more than a week ago are freed, others are kept', async () => {
    const left = (days: number) => new Date(Date.now() - days * 86_400_000);
    for (const days of [6, 8]) {
      const record = sessionRecord({ agent: `${days} days` });
      const row = { sid: record.sid, incarnation: 1, interim: false, record: toJsonb(record), created_at: left(days) };
      await db
        .insertInto('sdr_outbox')
        .values({ ...row, exported_at: left(days) })
        .execute();
    }
    await audit({ enabled: false });
    const kept = async () =>
      (await db.selectFrom('sdr_outbox').select('record').execute()).map((row) => row.record.agent);
    await expect.poll(kept, patient).toEqual(['6 days']);
  });

  it('without an exporter are taken out of the way', async () => {
    await audit({ enabled: false });
    await enqueue(sessionRecord());
    await expect.poll(waiting, patient).toBe(0);
  });
});
