/** A whole cluster with three edges, a paced provider, and callers that read what they get. For tests of what breaks. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, type ClusterOptions, startCluster } from '@elida/repo/cluster';
import { Agent, type Dispatcher, request } from 'undici';
import { freeze } from './freeze.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Provider {
  readonly url: string;
  /** Streams that run now. */
  readonly running: ReadonlySet<ServerResponse>;
  /** When the edge's side of a stream was closed before its end, by the marker that its request carried. */
  readonly closedAt: ReadonlyMap<string, number>;
  /** Requests that reached the provider. */
  readonly served: () => number;
  close(): Promise<void>;
}

const PACE_MS = 20;
const CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] })}\n\n`;

/** Nothing, or a call of the tool that the text names with `tool:name`. */
function answerTo(body: string): string {
  const name = /tool:(\w+)/.exec(body)?.[1];
  if (name === undefined) return '{"choices":[]}';
  const call = { id: 'call_1', type: 'function', function: { name, arguments: '{"path":"/tmp/a"}' } };
  const message = { role: 'assistant', content: null, tool_calls: [call] };
  return JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message }] });
}

/** Chat completions: a stream of words every 20 ms without end, or `n` of them where the text says `words:n`; JSON where no stream is asked for. */
async function startProvider(): Promise<Provider> {
  const running = new Set<ServerResponse>();
  const closedAt = new Map<string, number>();
  let served = 0;
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    incoming.once('end', () => {
      served++;
      if (!body.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(body));
        return;
      }
      const marker = /marker:(\S+?)"/.exec(body)?.[1] ?? '';
      let left = Number(/words:(\d+)/.exec(body)?.[1] ?? Number.POSITIVE_INFINITY);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      running.add(response);
      const timer = setInterval(() => {
        if (left-- > 0) response.write(CHUNK);
        else response.end('data: [DONE]\n\n');
      }, PACE_MS);
      response.once('close', () => {
        clearInterval(timer);
        running.delete(response);
        if (!response.writableFinished) closedAt.set(marker, performance.now());
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    running,
    closedAt,
    served: () => served,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Stream {
  readonly session: string;
  /** Its id. */
  readonly exchange: string;
  readonly status: number;
  /** Of ELIDA's refusal; empty: there is none. */
  readonly code: string;
  /** Resolves with the whole text and when its last byte came. */
  readonly ended: Promise<{ text: string; at: number; broken: boolean }>;
  /** Bytes so far. */
  readonly bytes: () => number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
  readonly elapsedMs: number;
}

export interface OrderReply {
  readonly order_id: string;
  readonly sessions: number;
  readonly exchanges_cut: number;
  readonly edges: { readonly acked: number; readonly of: number; readonly missing: readonly string[] };
  readonly elapsed_ms: number;
  readonly durable: boolean;
}

export interface Rig {
  readonly cluster: Cluster;
  readonly provider: Provider;
  /** One request through edge `n`. Never throws for a status. */
  ask(edge: number, session: string, text?: string): Promise<Answer>;
  stream(edge: number, session: string, text?: string): Promise<Stream>;
  order(
    kind: string,
    id: string,
    more?: Record<string, unknown>,
  ): Promise<{ status: number; reply: OrderReply; elapsedMs: number }>;
  lift(block: string): Promise<void>;
  api<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

export async function readStream(response: Dispatcher.ResponseData): Promise<Stream> {
  let text = '';
  const ended = (async () => {
    let broken = false;
    try {
      for await (const chunk of response.body) text += chunk;
    } catch (error) {
      // A dropped connection is what some of these tests are about.
      broken = error instanceof Error;
    }
    return { text, at: performance.now(), broken };
  })();
  const header = (name: string): string => String(response.headers[name] ?? '');
  const [session, exchange, code] = ['x-elida-session-id', 'x-elida-request-id', 'x-elida-code'].map(header) as [
    string,
    string,
    string,
  ];
  return { ...{ session, exchange, code }, status: response.statusCode, ended, bytes: () => text.length };
}

export async function startRig(
  config: (provider: string) => string,
  more: Pick<ClusterOptions, 'env' | 'log'> = {},
): Promise<Rig> {
  const provider = await startProvider();
  const folder = await mkdtemp(join(tmpdir(), 'elida-rig-'));
  const file = join(folder, 'elida.yaml');
  await writeFile(file, config(provider.url));
  const cluster = await startCluster({ root: ROOT, edges: 3, config: file, ...more });
  const dispatcher = new Agent({ connections: 256, pipelining: 1 });
  const call = (edge: number, session: string, text: string, stream: boolean): Promise<Dispatcher.ResponseData> =>
    request(`${cluster.edges[edge]?.ready.proxy}/v1/chat/completions`, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${cluster.clientKey}`,
        'x-session-id': session,
      },
      body: JSON.stringify({
        model: 'gpt-5.5',
        stream,
        messages: [{ role: 'user', content: `${text} marker:${session}` }],
      }),
    });
  const control = { authorization: `Bearer ${cluster.controlKey}`, 'content-type': 'application/json' };
  return {
    cluster,
    provider,
    async ask(edge, session, text = 'hello') {
      const begun = performance.now();
      const { statusCode, headers, body } = await call(edge, session, text, false);
      return { status: statusCode, headers, body: await body.text(), elapsedMs: performance.now() - begun };
    },
    stream: async (edge, session, text = 'go on') => readStream(await call(edge, session, text, true)),
    async order(kind, id, more = {}) {
      const begun = performance.now();
      const { statusCode, body } = await request(`${cluster.control.ready.control}/api/v1/orders`, {
        dispatcher,
        method: 'POST',
        headers: control,
        body: JSON.stringify({ kind, selector: { scope: 'session', id }, reason: 'a test of faults', ...more }),
      });
      const reply = (await body.json()) as OrderReply;
      return { status: statusCode, reply, elapsedMs: performance.now() - begun };
    },
    async lift(block) {
      const { body } = await request(`${cluster.control.ready.control}/api/v1/blocks/${block}`, {
        dispatcher,
        method: 'DELETE',
        headers: { authorization: control.authorization },
      });
      await body.dump();
    },
    async api<T>(path: string) {
      const { body } = await request(`${cluster.control.ready.control}${path}`, { dispatcher, headers: control });
      return (await body.json()) as T;
    },
    async stop() {
      await dispatcher.destroy();
      await cluster.stop();
      await provider.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const oneBackend = (provider: string): string =>
  `backends:\n  scripted:\n    url: ${provider}\n    type: openai\n    default: true\n`;

/** SIGSTOP for as long as `use` takes; always goes on afterwards. */
export async function frozen<T>(pid: number, use: () => Promise<T>): Promise<T> {
  await freeze(pid);
  try {
    return await use();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Waits for something that has no event of its own. */
export async function until(what: string, probe: () => Promise<boolean> | boolean, timeoutMs = 15_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`did not happen in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
