import { describe, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { startMetricsListener } from './metrics-listener.ts';

describe('metrics', () => {
  test('count by label, in the text format of Prometheus', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const requests = metrics.counter('elida_t_total', 'Requests', ['backend', 'code']);
    const inflight = metrics.gauge('elida_t_inflight', 'Now');
    const took = metrics.histogram('elida_t_seconds', 'Took', [0.1, 1], ['backend']);
    requests.add({ backend: 'a', code: 'ok' });
    requests.add({ code: 'ok', backend: 'a' }, 2);
    requests.add({ backend: 'b"', code: 'x\ny' });
    inflight.set({}, 3);
    inflight.add({}, -1);
    took.observe({ backend: 'a' }, 0.5);
    const text = await metrics.text();
    expect(text).toContain('elida_t_total{backend="a",code="ok"} 3\n');
    expect(text).toContain('elida_t_total{backend="b\\"",code="x\\ny"} 1\n');
    expect(text).toContain('elida_t_inflight 2\n');
    expect(text).toContain('elida_t_seconds_bucket{le="0.1",backend="a"} 0\n');
    expect(text).toContain('elida_t_seconds_bucket{le="1",backend="a"} 1\n');
  });

  test('a metric without labels is there before anything is counted', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.counter('elida_t_total', 'Requests');
    expect(await metrics.text()).toContain('elida_t_total 0\n');
  });

  test('label values without end do not take memory without end: what comes late is counted together', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const requests = metrics.counter('elida_t_total', 'Requests', ['backend']);
    for (let n = 0; n < 3_000; n++) requests.add({ backend: `b${n}` });
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('elida_t_total{'));
    expect(lines).toHaveLength(2_001);
    expect(lines).toContain('elida_t_total{backend="other"} 1000');
  });

  test('a value that cannot be read now is left out, and the rest is served', async () => {
    const metrics = createMetrics({ processMetrics: true });
    metrics.sampled('elida_t_depth', 'Depth', () => Promise.reject(new Error('gone')));
    metrics.sampled('elida_t_other', 'Other', () => 4);
    const text = await metrics.text();
    expect(text).not.toMatch(/^elida_t_depth /m);
    expect(text).toContain('elida_t_other 4\n');
    expect(text).toContain('process_cpu_user_seconds_total');
  });
});

test('the listener serves metrics, health and readiness, and nothing else', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.counter('elida_t_total', 'Requests');
  let ready = false;
  const check = () => {
    if (!ready) return { ready, checks: { database: 'unavailable' } };
    throw new Error('postgres://user:secret@host');
  };
  const listener = await startMetricsListener({ host: '127.0.0.1', port: 0, metrics, ready: check });
  const get = async (path: string): Promise<[number, string]> => {
    const reply = await fetch(`${listener.url}${path}`);
    return [reply.status, await reply.text()];
  };
  try {
    expect(await get('/metrics?x=1')).toEqual([200, expect.stringContaining('elida_t_total 0')]);
    expect((await get('/healthz'))[0]).toBe(200);
    expect(await get('/readyz')).toEqual([503, '{"ready":false,"checks":{"database":"unavailable"}}']);
    ready = true;
    const [status, text] = await get('/readyz');
    expect([status, text.includes('secret')]).toEqual([503, false]);
    expect((await get('/'))[0]).toBe(404);
  } finally {
    await listener.close();
  }
});
