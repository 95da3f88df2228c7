/** What a request leaves behind at a collector: its spans, as a child of the caller's, and what the metrics say of it. */
import { encodeBatch, encodeLeaf } from '@elida/contracts';
import { uuidv7 } from '@elida/kernel';
import { exchangeSpanIds, SDR_SCHEMA_URL } from '@elida/record';
import { startPostgres } from '@elida/repo';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AuditUnderTest, auditEvent, newSessionId } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { backend, SECRET, startTestEdge, type TestEdge, type TestEdgeOptions } from '../harness/edge.ts';
import { type ExportRig, startExportRig } from '../harness/exports.ts';
import type { OtlpReceiver } from '../harness/otlp-receiver.ts';
import { reply, startUpstream, type Upstream } from '../harness/upstream.ts';

const patient = { timeout: 30_000, interval: 20 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const ASKED = JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'hello' }] });
const SAID = JSON.stringify({
  model: 'gpt-5.5',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
});

await describeWith('traces and metrics of exchanges', { postgres: () => startPostgres() }, (backends) => {
  let rig: ExportRig;
  let upstream: Upstream;
  let edge: TestEdge | null = null;
  beforeAll(async () => {
    rig = await startExportRig(backends.postgres.url);
    upstream = await startUpstream();
  });
  afterEach(async () => {
    await edge?.close();
    edge = null;
    await rig.reset();
  });
  afterAll(async () => {
    await upstream.close();
    await rig.close();
  });

  async function system(
    telemetry: Record<string, unknown>,
    more: Partial<TestEdgeOptions> = {},
  ): Promise<{ collector: OtlpReceiver; worker: AuditUnderTest; url: string }> {
    const collector = await rig.collector();
    const worker = await rig.worker({ endpoint: collector.url, ...telemetry }, { secret: SECRET });
    upstream.script = ({ socket }) => void socket.write(reply(SAID));
    upstream.requests.length = 0;
    edge = await startTestEdge({ snapshot: { backends: [backend(upstream.url)] }, queue: worker.queue, ...more });
    return { collector, worker, url: edge.url };
  }
  const ask = async (url: string, headers: Record<string, string> = {}): Promise<void> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: ASKED,
    });
    await response.text();
  };
  const told = (): (string | undefined)[] => upstream.requests.map((request) => request.header('traceparent'));

  it("are a server's span under the caller's and a client's under that, with what both conventions say", async () => {
    const { collector, url } = await system({});
    const before = Date.now();
    await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-session-id': 'tracing' });
    await expect.poll(() => collector.spans.length, patient).toBe(2);
    const [server, client] = collector.spans;
    const exchange = String(server?.attributes['elida.exchange.id']);
    expect(server).toMatchObject({
      traceId: TRACE,
      spanId: exchangeSpanIds(exchange).server,
      parentSpanId: PARENT,
      name: 'proxy.request',
      kind: 2,
      status: 0,
      schemaUrl: SDR_SCHEMA_URL,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'url.path': '/v1/chat/completions',
        'elida.outcome': 'completed',
        'elida.backend': 'main',
        'elida.streaming': false,
        'elida.bytes.in': ASKED.length,
        'elida.bytes.out': SAID.length,
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-5.5',
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 3,
        'gen_ai.response.finish_reasons': ['stop'],
      },
    });
    expect(server?.attributes['gen_ai.conversation.id']).toMatch(/^ses_/);
    expect(client).toMatchObject({
      traceId: TRACE,
      spanId: exchangeSpanIds(exchange).client,
      parentSpanId: server?.spanId,
      name: 'chat gpt-5.5',
      kind: 3,
    });
    const times = [before, server?.startAt, client?.startAt, client?.endAt, Date.now()].map((at) => at ?? 0);
    // The edge's clock and this one are the same; an event's time is a whole ms.
    for (const [at, later] of times.slice(1).entries()) expect(later).toBeGreaterThanOrEqual((times[at] ?? 0) - 2);
    expect(told()).toEqual([`00-${TRACE}-${PARENT}-01`]);
  });

  it('begin at the edge where the caller told of none, and nothing is added to what the provider gets', async () => {
    const { collector, url } = await system({});
    await ask(url);
    await expect.poll(() => collector.spans.length, patient).toBe(2);
    expect(collector.spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['', collector.spans[0]?.spanId]);
    expect(told()).toEqual([undefined]);
  });

  it("go on to the provider under the client's span, where the settings say so", async () => {
    const { collector, url } = await system({}, { tracing: { propagate: 'start', sample: 1 } });
    await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=1' });
    await ask(url);
    await expect.poll(() => collector.spans.length, patient).toBe(4);
    const clients = collector.spans.filter(({ kind }) => kind === 3);
    expect(told().toSorted()).toEqual(clients.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`).toSorted());
    expect(upstream.requests[0]?.header('tracestate')).toBe('a=1');
    expect(clients.map(({ traceId }) => traceId)).toContain(TRACE);
  });

  it('are left out where the caller did not sample, or the share says so; the metrics know of them all the same', async () => {
    const { collector, url } = await system({ traces: { sample: 0 }, metrics: { interval: '50ms' } });
    await ask(url, { traceparent: `00-${TRACE}-${PARENT}-00` });
    await ask(url);
    await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01` });
    await expect.poll(() => collector.spans.length, patient).toBe(2);
    const last = (name: string) => collector.metrics.filter((metric) => metric.name === name).at(-1);
    await expect.poll(() => last('elida.exchanges')?.points[0]?.value, patient).toBe(3);
    expect(collector.spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    const common = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'main',
      'gen_ai.request.model': 'gpt-5.5',
    };
    await expect.poll(() => last('gen_ai.client.operation.duration')?.points[0]?.count, patient).toBe(3);
    expect(last('gen_ai.client.operation.duration')).toMatchObject({
      unit: 's',
      schemaUrl: SDR_SCHEMA_URL,
      points: [
        {
          attributes: common,
          count: 3,
          bounds: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        },
      ],
    });
    const tokens = last('gen_ai.client.token.usage');
    expect(tokens?.unit).toBe('{token}');
    expect(tokens?.points.map(({ attributes, count, sum }) => [attributes, count, sum])).toEqual([
      [{ ...common, 'gen_ai.token.type': 'input' }, 3, 27],
      [{ ...common, 'gen_ai.token.type': 'output' }, 3, 9],
    ]);
    expect(last('elida.bytes')?.points.map(({ attributes, value }) => [attributes['elida.direction'], value])).toEqual([
      ['in', 3 * ASKED.length],
      ['out', 3 * SAID.length],
    ]);
  });

  it('say that the edge refused, and have no client where no provider was asked', async () => {
    const { collector, url } = await system({});
    await ask(url, { 'x-backend': 'nowhere' });
    await expect.poll(() => collector.spans.length, patient).toBe(1);
    const code = collector.spans[0]?.attributes['elida.code'];
    expect(code).toMatch(/^(no_backend|not_allowed)$/);
    expect(collector.spans[0]).toMatchObject({
      kind: 2,
      status: 2,
      attributes: { 'elida.outcome': 'refused', 'error.type': code },
    });
  });

  it('carry what the rules found in them, whatever batch it came in', async () => {
    const { collector, worker } = await system({});
    const [session, now] = [newSessionId(), Date.now()];
    const found = auditEvent(session, 1, {
      type: 'violation_detected',
      severity: 'warning',
      occurredAt: now - 500,
      data: { exchange: 'exc_a', rule_name: 'pii', matched_text: '[EMAIL]', action: 'flag' },
    });
    const data = {
      exchange: 'exc_a',
      duration_ms: 1_000,
      sent_ms: 250,
      findings: 1,
      outcome: 'completed',
      status: 200,
    };
    for (const event of [found, auditEvent(session, 2, { occurredAt: now, data })])
      await worker.queue.send(encodeBatch('edge-1', [encodeLeaf(event)]));
    await expect.poll(() => collector.spans.length, patient).toBe(2);
    const attributes = { rule_name: 'pii', severity: 'warning', matched_text: '[EMAIL]', action: 'flag' };
    expect(collector.spans).toMatchObject([
      { startAt: now - 1_000, endAt: now, events: [{ name: 'policy.violation', at: now - 500, attributes }] },
      { startAt: now - 750, endAt: now, events: [] },
    ]);
  });

  it('of a collector that is away wait, and delay no request and no event', async () => {
    const { collector, worker, url } = await system({ logs: { enabled: false } });
    collector.answer('/v1/traces', 503);
    await ask(url, { 'x-request-id': uuidv7(Date.now()) });
    await expect.poll(() => collector.requests.length, patient).toBeGreaterThan(0);
    const events = await rig.db.selectFrom('events').select('type').where('type', '=', 'exchange').execute();
    expect(events.length).toBeGreaterThan(0);
    collector.answer('/v1/traces', 200);
    await expect.poll(() => collector.spans.length, patient).toBe(2);
    await expect.poll(() => worker.metrics.text(), patient).toContain('elida_trace_spans_total{outcome="exported"} 2');
  });
});
