/**
 * One provider as the edge reaches it: its pool (a failure domain of its own), its key, its header map. undici queues
 * without end and without a way out, so what waits for a free socket waits here, where it can leave.
 */
import { readFileSync } from 'node:fs';
import type { Backend as BackendEntry, Timeouts } from '@elida/contracts';
import { type Dispatcher, Pool } from 'undici';

/** Provider servers close idle connections after 5 s and more; sooner here, so that none is closed under a request. */
const IDLE_SOCKET_MS = 4_000;
const DEFAULT_TIMEOUTS = { connectMs: 10_000, headersMs: 600_000, idleMs: 300_000, totalMs: 0 };
const DEFAULT_CONNECTIONS_MAX = 512;
const DOCUMENT = { waitMs: 5_000, bytesMax: 1_048_576 };

export type PhaseTimeouts = Pick<Timeouts, 'connectMs' | 'headersMs' | 'idleMs' | 'totalMs'>;

/** Something that waits for a socket: told when it may dispatch. */
export interface Waiting {
  onSocket(): void;
}

export class BackendPool {
  readonly key: string;
  /** For connections of another kind to the same provider (WebSocket). */
  readonly tls: { readonly ca?: Buffer };
  readonly #pool: Pool;
  readonly #connectionsMax: number;
  readonly #waiting = new Set<Waiting>();
  #busy = 0;

  constructor(entry: BackendEntry) {
    this.key = BackendPool.keyOf(entry);
    this.#connectionsMax = entry.connectionsMax || DEFAULT_CONNECTIONS_MAX;
    this.tls = entry.tlsCaFile ? { ca: readFileSync(entry.tlsCaFile) } : {};
    this.tls = entry.tlsCaFile ? { ca: readFileSync(entry.tlsCaFile) } : {};
    this.#pool = new Pool(new URL(entry.url).origin, {
      // Phases are timed by Deadlines; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_SOCKET_MS,
      allowH2: false,
      maxHeaderSize: 65_536,
      connect: {
        timeout: entry.timeouts?.connectMs || DEFAULT_TIMEOUTS.connectMs,
        ...this.tls,
      },
    });
  }

  /** What makes two entries share sockets. A pool whose key stays is kept when the snapshot changes. */
  static keyOf(entry: BackendEntry): string {
    return JSON.stringify([
      new URL(entry.url).origin,
      entry.connectionsMax,
      entry.timeouts?.connectMs,
      entry.tlsCaFile,
    ]);
  }

  /** @returns true where there is a socket at once; otherwise `onSocket` is called when there is one. */
  take(waiting: Waiting): boolean {
    if (this.#busy >= this.#connectionsMax) {
      this.#waiting.add(waiting);
      return false;
    }
    this.#busy++;
    return true;
  }

  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#busy--;
      return;
    }
    this.#waiting.delete(next);
    next.onSocket();
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler);
  }

  /** A small document of the provider's, beside the exchanges. @throws Error where it is none, is long, or does not come in time. */
  async getJson(path: string, headers: string[]): Promise<unknown> {
    const reply = await this.#pool.request({
      ...{ method: 'GET', path, headers },
      headersTimeout: DOCUMENT.waitMs,
      bodyTimeout: DOCUMENT.waitMs,
    });
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of reply.body as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > DOCUMENT.bytesMax) throw new Error('the provider sent a document without end');
      pieces.push(piece);
    }
    if (reply.statusCode !== 200) throw new Error(`the provider answered ${reply.statusCode}`);
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  }

  /** Running exchanges keep their sockets; what is idle is closed. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

export interface Backend {
  readonly name: string;
  /** The seeds' `type`: openai, anthropic, … */
  readonly dialect: string;
  readonly origin: string;
  /** Without a slash at its end; empty for the root. */
  readonly basePath: string;
  readonly isDefault: boolean;
  /** True where ELIDA brings the key: then the caller's own credentials stay here. */
  readonly hasKey: boolean;
  /** True where a key is due but could not be had: nothing may be sent. */
  readonly keyMissing: boolean;
  /** Headers set on every request, lower case: the key, the header map. */
  readonly setHeaders: ReadonlyMap<string, string>;
  readonly timeouts: PhaseTimeouts;
  readonly pool: BackendPool;
}

const KEY_HEADER: Readonly<Record<string, (key: string) => [string, string]>> = {
  anthropic: (key) => ['x-api-key', key],
  gemini: (key) => ['x-goog-api-key', key],
  google: (key) => ['x-goog-api-key', key],
  azure: (key) => ['api-key', key],
};

const bearer = (key: string): [string, string] => ['authorization', `Bearer ${key}`];

/** @param key of the backend; null: it has none of its own; undefined: it is due and could not be had. */
export function openBackend(entry: BackendEntry, key: string | null | undefined, pool: BackendPool): Backend {
  const url = new URL(entry.url);
  const set = new Map(Object.entries(entry.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (key) set.set(...(KEY_HEADER[entry.dialect] ?? bearer)(key));
  const given = entry.timeouts;
  return {
    name: entry.name,
    dialect: entry.dialect,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    isDefault: entry.default,
    hasKey: entry.keyRef !== '',
    keyMissing: entry.keyRef !== '' && !key,
    setHeaders: set,
    timeouts: {
      connectMs: given?.connectMs || DEFAULT_TIMEOUTS.connectMs,
      headersMs: given?.headersMs ?? DEFAULT_TIMEOUTS.headersMs,
      idleMs: given?.idleMs ?? DEFAULT_TIMEOUTS.idleMs,
      totalMs: given?.totalMs ?? DEFAULT_TIMEOUTS.totalMs,
    },
    pool,
  };
}
