/** /metrics, /healthz and /readyz on a port of their own, for every process. Nothing here needs or gives a secret. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Part → `ok` or what is wrong with it, for people. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsListenerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly ready: () => Readiness | Promise<Readiness>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

async function answer(path: string, { metrics, ready }: MetricsListenerOptions): Promise<Answer> {
  switch (path) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    case '/healthz':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const state = await ready();
      return json(state.ready ? 200 : 503, state);
    }
    default:
      return json(404, { status: 'not_found' });
  }
}

/** @throws Error (EADDRINUSE …) where it cannot listen. */
export async function startMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    void answer((request.url ?? '').split('?', 1)[0] ?? '', options)
      .catch(() => json(503, { ready: false, checks: { probe: 'failed' } }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
