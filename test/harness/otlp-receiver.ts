/**
 * A collector for tests: takes OTLP/HTTP, protobuf or JSON, and reads spans, logs and metrics out of it field by field
 * (`otlp-protobuf.ts`, `otlp-json.ts`). It can be told to answer otherwise than a collector that is well.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { readJson } from './otlp-json.ts';
import { readProtobuf } from './otlp-protobuf.ts';

export type Value = string | number | boolean | Value[] | null;
export type Values = Readonly<Record<string, Value>>;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** Unix ms. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Values }[];
  readonly droppedEvents: number;
  /** 0 unset, 2 error. */
  readonly status: number;
  readonly schemaUrl: string;
  readonly resource: Values;
}

export interface ReceivedLog {
  readonly traceId: string;
  readonly spanId: string;
  readonly at: number;
  readonly severity: string;
  readonly eventName: string;
  readonly body: Value;
  readonly attributes: Values;
  readonly schemaUrl: string;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly schemaUrl: string;
  /** Counters: `value`. Histograms: `count`, `sum`, `bounds`. */
  readonly points: readonly {
    readonly attributes: Values;
    readonly value: number;
    readonly count: number;
    readonly sum: number;
    readonly bounds: readonly number[];
  }[];
}

export interface Received {
  readonly spans: ReceivedSpan[];
  readonly logs: ReceivedLog[];
  readonly metrics: ReceivedMetric[];
}

export interface OtlpReceiver extends Readonly<Received> {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** From now on requests for `path` get this status, and nothing of them is kept; 200: as before. */
  answer(path: string, status: number, body?: string): void;
  close(): Promise<void>;
}

/** @param port 0: a free one. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const received: Received = { spans: [], logs: [], metrics: [] };
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const answers = new Map<string, { status: number; body: string }>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push({ path, headers: request.headers });
      const type = request.headers['content-type'] ?? '';
      const { status, body } = answers.get(path) ?? { status: 200, body: '' };
      if (status === 200) {
        const read = type === 'application/json' ? readJson : readProtobuf;
        const { spans, logs, metrics } = read(path, Buffer.concat(chunks));
        received.spans.push(...spans);
        received.logs.push(...logs);
        received.metrics.push(...metrics);
      }
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return {
    ...received,
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer(path, status, body = '') {
      answers.set(path, { status, body });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
