/** Records to several sinks: each with what happened in the session, none held up by another, nothing lost with a sink. */
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureContent, encodeBatch, encodeLeaf } from '@elida/contracts';
import { openInstallation, sealText, uuidv7 } from '@elida/kernel';
import { deadLetters, insertCaptures, replayDeadLetters } from '@elida/postgres';
import { SDR_SCHEMA_URL } from '@elida/record';
import { freePort, startPostgres } from '@elida/repo';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { auditEvent, sessionRecord, stored } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { type ExportRig, forgetfulExports, startExportRig } from '../harness/exports.ts';

const patient = { timeout: 30_000, interval: 20 };
const SECRET = 'a-secret-of-more-than-thirty-two-characters';

const violation = (session: string, seq: number, at: number, data: Record<string, unknown> = {}) =>
  auditEvent(session, seq, {
    type: 'violation_detected',
    severity: 'critical',
    occurredAt: at,
    data: { rule_name: 'prompt_injection_ignore', matched_text: 'ignore previous instructions', ...data },
  });

const body = (text: string) => ({ text, bytes: text.length, truncated: false, omitted: '' }) as const;
const content = (change: Partial<CaptureContent> = {}): CaptureContent => ({
  method: 'POST',
  path: '/v1/messages',
  model: 'claude',
  status: 200,
  outcome: 'completed',
  request: body('{"messages":[]}'),
  response: body('{"content":"…"}'),
  texts: [],
  calls: [],
  withheld: false,
  frames: [],
  framesLeftOut: 0,
  ...change,
});

const expectedEvents = (now: number): unknown[] => [
  {
    name: 'policy.violation',
    at: now - 8_000,
    attributes: {
      rule_name: 'prompt_injection_ignore',
      severity: 'critical',
      matched_text: 'ignore previous instructions',
      action: 'block',
      enforced: true,
      points: 12,
      'elida.exchange.id': 'exc_1',
    },
  },
  {
    name: 'captured.request',
    at: now - 7_000,
    attributes: {
      'capture.index': 0,
      method: 'POST',
      path: '/v1/messages',
      request_body: '{"messages":[]}',
      response_body: '{"content":"…"}',
      status_code: 200,
      'elida.exchange.id': 'exc_1',
    },
  },
  {
    name: 'captured.request',
    at: now - 6_000,
    attributes: expect.objectContaining({
      response_body: '{"text":"hello","tool_calls":[{"name":"Read","arguments":"{\\"path\\":\\"/\\"}"}]}',
    }),
  },
];

await describeWith('records and their sinks', { postgres: () => startPostgres() }, (backends) => {
  let rig: ExportRig;
  beforeAll(async () => {
    rig = await startExportRig(backends.postgres.url);
  });
  afterEach(() => rig.reset());
  afterAll(() => rig.close());

  const capture = (session: string, at: number, exchange: string, flagged: boolean, said = content()) => {
    const place = { tenant: 'default', session, incarnation: 1, exchange, id: uuidv7(at) };
    const sealed = sealText(openInstallation(SECRET), place, JSON.stringify(said));
    const { id: captureId, ...rest } = place;
    return insertCaptures(rig.db, [{ ...rest, captureId, capturedAt: at, flagged, kid: '1', sealed }]);
  };

  it.each(['http/protobuf', 'http/json'])(
    'over %s get violations and captures as events of the span',
    async (protocol) => {
      const collector = await rig.collector();
      const worker = await rig.worker(
        { endpoint: collector.url, protocol, capture_content: 'all' },
        { secret: SECRET, eventsWithinMs: 60_000 },
      );
      const now = Date.now();
      const record = sessionRecord({ violations: 1, captures: 2, startedAt: now - 9_000, lastAt: now, endedAt: now });
      await rig.enqueue(record);
      await worker.queue.send(
        encodeBatch('edge-1', [
          encodeLeaf(
            violation(record.sid, 1, now - 8_000, { exchange: 'exc_1', action: 'block', enforced: true, points: 12 }),
          ),
        ]),
      );
      await capture(record.sid, now - 7_000, 'exc_1', true);
      const streamed = content({
        response: body(''),
        texts: [{ kind: 'text', index: 0, part: 0, text: 'hello', truncated: false }],
        calls: [{ id: 'c', name: 'Read', arguments: '{"path":"/"}', truncated: false }],
      });
      await capture(record.sid, now - 6_000, 'exc_2', false, streamed);
      await expect.poll(() => collector.spans.length, patient).toBe(1);
      const [span] = collector.spans;
      expect(span).toMatchObject({
        schemaUrl: SDR_SCHEMA_URL,
        parentSpanId: '',
        startAt: record.startedAt,
        endAt: record.endedAt,
        droppedEvents: 0,
        attributes: {
          'elida.violations.rules': ['prompt_injection_ignore'],
          'elida.captures.count': 2,
          'elida.sdr.event_count': 1,
          'elida.sdr.algorithm': 'rfc6962-sha256',
        },
      });
      expect(span?.events).toEqual(expectedEvents(now));
      await expect.poll(() => collector.logs.length, patient).toBe(1);
      expect(collector.logs[0]).toMatchObject({
        eventName: 'session.record',
        traceId: span?.traceId,
        spanId: span?.spanId,
        severity: 'ERROR',
        at: record.endedAt,
        body: `session ${record.sid} completed`,
        attributes: span?.attributes,
        schemaUrl: SDR_SCHEMA_URL,
      });
      await expect.poll(rig.waiting, patient).toBe(0);
    },
  );

  it('get no capture that the settings keep back, and of others no more than they say', async () => {
    const collector = await rig.collector();
    const now = Date.now();
    const record = sessionRecord({ captures: 2, startedAt: now - 9_000, endedAt: now });
    await capture(record.sid, now - 7_000, 'exc_1', true, content({ request: body('x'.repeat(99)) }));
    await capture(record.sid, now - 6_000, 'exc_2', false);
    const telemetry = { endpoint: collector.url, capture_content: 'flagged_only', max_body_size: 10 };
    await rig.worker(telemetry, { secret: SECRET });
    await rig.enqueue(record);
    await expect.poll(() => collector.spans.length, patient).toBe(1);
    const [span] = collector.spans;
    expect(span?.events.map(({ attributes }) => [attributes.request_body, attributes.truncated])).toEqual([
      ['x'.repeat(10), true],
    ]);
    expect([span?.droppedEvents, span?.attributes['elida.captures.count']]).toEqual([0, 2]);
  });

  it('get at most 128 events a span, and are told how many there were besides', async () => {
    const collector = await rig.collector();
    const worker = await rig.worker({ endpoint: collector.url });
    const now = Date.now();
    const record = sessionRecord({ violations: 200, startedAt: now - 9_000, endedAt: now });
    const events = Array.from({ length: 200 }, (_, n) => violation(record.sid, n + 1, now - 8_000 + n));
    await worker.queue.send(encodeBatch('edge-1', events.map(encodeLeaf)));
    await expect.poll(() => stored(rig.db, record.sid), patient).toEqual({ rows: 200, events: 200 });
    await rig.enqueue(record);
    await expect.poll(() => collector.spans.length, patient).toBe(1);
    expect([collector.spans[0]?.events.length, collector.spans[0]?.droppedEvents]).toEqual([128, 72]);
  });

  it('that refuse one for good make it a dead letter, which is seen and can be replayed; other sinks have theirs', async () => {
    const collector = await rig.collector();
    collector.answer('/v1/traces', 400, 'no such tenant');
    const worker = await rig.worker({ endpoint: collector.url });
    const record = sessionRecord();
    await rig.enqueue(record);
    await expect
      .poll(() => deadLetters(rig.db), patient)
      .toMatchObject([
        {
          sink: 'otlp-traces',
          session: record.sid,
          incarnation: 1,
          interim: false,
          attempts: 1,
          error: 'HTTP 400 no such tenant',
        },
      ]);
    await expect.poll(() => collector.logs.length, patient).toBe(1);
    expect(await worker.metrics.text()).toContain('elida_exports_dead 1');
    expect(await rig.waiting()).toBe(1);
    collector.answer('/v1/traces', 200);
    expect(await replayDeadLetters(rig.db, { sink: 'otlp-traces' })).toBe(1);
    await expect.poll(rig.waiting, patient).toBe(0);
    expect([collector.spans.length, collector.logs.length]).toEqual([1, 1]);
    expect(await deadLetters(rig.db)).toEqual([]);
  });

  it('that say in a 200 that they rejected it make it a dead letter as well', async () => {
    const collector = await rig.collector();
    collector.answer('/v1/logs', 200, '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}');
    await rig.worker({ endpoint: collector.url, protocol: 'http/json' });
    await rig.enqueue(sessionRecord());
    await expect
      .poll(() => deadLetters(rig.db), patient)
      .toMatchObject([{ sink: 'otlp-logs', error: 'rejected 1: too old' }]);
  });

  it('that are away longer than they are tried make dead letters; that come back in time get everything once', async () => {
    const [gone, late] = [await freePort(), await rig.collector()];
    late.answer('/v1/traces', 503);
    const impatient = await rig.worker({
      endpoint: `http://127.0.0.1:${gone}`,
      logs: { enabled: false },
      retry_for: '1ms',
    });
    await rig.enqueue(sessionRecord());
    await expect.poll(async () => (await deadLetters(rig.db))[0]?.error, patient).toContain('ECONNREFUSED');
    await impatient.close();

    await rig.worker({ endpoint: late.url, logs: { enabled: false } });
    const records = Array.from({ length: 20 }, () => sessionRecord());
    for (const record of records) await rig.enqueue(record);
    await expect.poll(() => late.requests.length, patient).toBeGreaterThan(60);
    expect(await deadLetters(rig.db)).toHaveLength(1);
    late.answer('/v1/traces', 200);
    await expect.poll(rig.waiting, patient).toBe(1);
    const sids = late.spans.map(({ attributes }) => String(attributes['elida.session.id']));
    expect(sids.toSorted()).toEqual(records.map(({ sid }) => sid).toSorted());
  });

  it('whose jobs were lost with their queue get them from the database', async () => {
    const collector = await rig.collector();
    const telemetry = { endpoint: collector.url, logs: { enabled: false } };
    const forgetful = await rig.worker(telemetry, { exports: forgetfulExports() });
    await rig.enqueue(sessionRecord());
    const queued = () => rig.db.selectFrom('deliveries').select('id').where('queued_at', 'is not', null).execute();
    await expect.poll(async () => (await queued()).length, patient).toBe(1);
    await forgetful.close();
    await rig.worker(telemetry);
    // What was queued lately is thought to be under way; as if a minute had gone by:
    await rig.db
      .updateTable('deliveries')
      .set({ queued_at: new Date(Date.now() - 61_000) })
      .execute();
    await expect.poll(rig.waiting, patient).toBe(0);
    expect(collector.spans).toHaveLength(1);
  });

  it('may be several: OTLP, standard output and a file that is rotated away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'elida-sdr-'));
    try {
      const file = join(folder, 'sdr.jsonl');
      const lines: string[] = [];
      const writeLine = async (line: string): Promise<void> => void lines.push(line);
      const collector = await rig.collector();
      await rig.worker({ endpoint: collector.url, exporter: ['otlp', 'stdout'], file }, { writeLine });
      const [first, second] = [sessionRecord(), sessionRecord()];
      await rig.enqueue(first);
      await expect.poll(rig.waiting, patient).toBe(0);
      await rename(file, `${file}.1`);
      await rig.enqueue(second);
      await expect.poll(rig.waiting, patient).toBe(0);
      const [span] = collector.spans;
      const line = JSON.parse(lines[0] ?? '');
      expect(line).toMatchObject({
        name: 'session.record',
        trace_id: span?.traceId,
        span_id: span?.spanId,
        attributes: span?.attributes,
      });
      expect(await readFile(`${file}.1`, 'utf8')).toBe(lines[0]);
      expect(await readFile(file, 'utf8')).toBe(lines[1]);
      expect(collector.logs).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
