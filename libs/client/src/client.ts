/** Typed calls over the table of operations: `createClient({ url, key }).call('getSession', { params: { id } })`. */
import {
  type Call,
  type LiveMessage,
  OPERATIONS,
  type Operation,
  type OperationName,
  type Reply,
} from '@elida/contracts/api';
import { EventStreamParser } from './event-stream.ts';
import { problemFrom, unreachable } from './problem-error.ts';

export interface ClientOptions {
  /** Of the control plane, e.g. http://127.0.0.1:9090. */
  readonly url: string;
  /** elida_<id>_<secret>; a local control plane may do without. */
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  /** An order with the same key is given once. */
  readonly idempotencyKey?: string;
  /** ETag with its quotes: `"3"`. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal;
}

export type Callable = Exclude<OperationName, 'live' | 'exportLog'>;
type Arguments<N extends OperationName> =
  Record<string, never> extends Call<N>
    ? [input?: Call<N>, options?: CallOptions]
    : [input: Call<N>, options?: CallOptions];

export interface Client {
  /** @throws ProblemError where it is refused, or where nobody answers (status 0). */
  call<N extends Callable>(name: N, ...args: Arguments<N>): Promise<Reply<N>>;
  /** JSON lines as they come. @throws ProblemError on a refusal, or where the connection breaks before the end. */
  exportLog(query: Call<'exportLog'>['query'], signal?: AbortSignal): AsyncGenerator<Uint8Array>;
  /** Ends when the signal aborts; reconnects by itself, from where it was, until then. @throws ProblemError on a refusal. */
  live(query: { topics?: string }, signal: AbortSignal): AsyncGenerator<LiveMessage>;
}

interface Parts {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** @returns path and query, encoded. */
export function pathOf(operation: Operation, parts: Parts): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parts.params?.[name] ?? '')),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts.query ?? {}))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}

const headersOf = (key: string | undefined, options: CallOptions): Record<string, string> => ({
  ...(key ? { authorization: `Bearer ${key}` } : {}),
  ...(options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
  ...(options.ifMatch ? { 'if-match': options.ifMatch } : {}),
  ...(options.ifNoneMatch ? { 'if-none-match': options.ifNoneMatch } : {}),
});

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 500) };
  }
}

const RECONNECT_MS = 1_000;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

export function createClient(options: ClientOptions): Client {
  const base = options.url.replace(/\/+$/, '');
  const request = options.fetch ?? globalThis.fetch;
  const timeoutMs = options.timeoutMs ?? 30_000;

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await request(`${base}${path}`, init);
    } catch (error) {
      throw unreachable(base, error);
    }
  };

  const call = async (name: Callable, parts: Parts = {}, given: CallOptions = {}): Promise<unknown> => {
    const operation: Operation = OPERATIONS[name];
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await send(pathOf(operation, parts), {
      method: operation.method,
      headers: {
        ...headersOf(options.key, given),
        ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: given.signal ? AbortSignal.any([limit, given.signal]) : limit,
      ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
    });
    const body = await bodyOf(response);
    if (!response.ok) throw problemFrom(response.status, body);
    return body;
  };

  async function* live(query: { topics?: string }, signal: AbortSignal): AsyncGenerator<LiveMessage> {
    let last = '';
    while (!signal.aborted) {
      try {
        const response = await send(pathOf(OPERATIONS.live, { query }), {
          headers: { ...headersOf(options.key, {}), ...(last ? { 'last-event-id': last } : {}) },
          signal,
        });
        if (!response.ok) throw problemFrom(response.status, await bodyOf(response));
        for await (const message of messagesOf(response)) {
          last = message.id;
          yield message;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isLineGone(error)) throw error;
      }
      await pause(RECONNECT_MS, signal);
    }
  }

  async function* exportLog(query: Parts['query'] = {}, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await send(pathOf(OPERATIONS.exportLog, { query }), {
      headers: headersOf(options.key, {}),
      ...(signal && { signal }),
    });
    if (!response.ok) throw problemFrom(response.status, await bodyOf(response));
    try {
      yield* response.body ?? [];
    } catch (error) {
      throw unreachable(base, error);
    }
  }

  return { call, exportLog, live } as Client;
}

/** A broken stream or an unreachable server is tried again; a refusal is not. */
const isLineGone = (error: unknown): boolean =>
  !(error instanceof Error) || !('status' in error) || error.status === 0 || error.status === 503;

async function* messagesOf(response: Response): AsyncGenerator<LiveMessage> {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    for (const { id, event, data } of parser.push(decoder.decode(chunk, { stream: true })))
      yield { id, topic: event as LiveMessage['topic'], data: JSON.parse(data) as LiveMessage['data'] };
  }
}
