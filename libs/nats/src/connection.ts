/** One connection to NATS that comes up whenever NATS does, and comes back for ever. What is published meanwhile is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@elida/kernel';
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';

const RETRY_MS = 250;
/** A frozen server is noticed within two of these. */
const PING_MS = 2_000;
const FLUSH_MS = 200;

type Heard = (payload: Uint8Array) => void;

/** @param url nats:// or tls://, with user and password or token where the server asks for them; several by comma. */
function natsOptions(url: string): NodeConnectionOptions {
  const urls = url.split(',').map((one) => new URL(one.trim()));
  const [first] = urls;
  if (!first) throw new Error('the NATS URL is empty');
  const user = decodeURIComponent(first.username);
  const pass = decodeURIComponent(first.password);
  const credentials: Pick<ConnectionOptions, 'user' | 'pass' | 'token'> =
    user && pass ? { user, pass } : user ? { token: user } : {};
  return {
    servers: urls.map(({ host }) => host),
    ...credentials,
    ...(first.protocol === 'tls:' ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: RETRY_MS,
    ignoreAuthErrorAbort: true,
    pingInterval: PING_MS,
    maxPingOut: 2,
    timeout: 2_000,
    name: 'elida',
  };
}

export class NatsLink {
  readonly #options: NodeConnectionOptions;
  readonly #log: Log;
  readonly #subjects = new Map<string, Heard>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #connection: NatsConnection | null = null;
  #connected = false;

  constructor(url: string, log: Log) {
    this.#options = natsOptions(url);
    this.#log = log;
    this.#running = this.#run();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Also over reconnects, and before the first connection. One handler a subject. */
  hear(subject: string, heard: Heard): void {
    this.#subjects.set(subject, heard);
    if (this.#connection) this.#subscribe(this.#connection, subject, heard);
  }

  /** Fire and forget: lost where nobody is connected. */
  tell(subject: string, payload: Uint8Array): void {
    if (this.#connected) this.#connection?.publish(subject, payload);
  }

  /** Resolves when the server has it. @throws where it does not say so within FLUSH_MS. */
  async hand(subject: string, payload: Uint8Array): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#connected) throw new Error('NATS is not connected');
    connection.publish(subject, payload);
    const giveUp = new AbortController();
    const late = sleep(FLUSH_MS, undefined, { signal: giveUp.signal }).then(() => {
      throw new Error(`NATS did not answer within ${FLUSH_MS} ms`);
    });
    try {
      await Promise.race([connection.flush(), late]);
    } finally {
      giveUp.abort();
      late.catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#connected = false;
    this.#closing.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let told = false; !signal.aborted; ) {
      try {
        const connection = await connect(this.#options);
        told = false;
        if (signal.aborted) await connection.close();
        else await this.#serve(connection);
      } catch (error) {
        if (!told) this.#log.warn('nats_not_reachable', { error });
        told = true;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Resolves when the connection is closed for good. */
  async #serve(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    for (const [subject, heard] of this.#subjects) this.#subscribe(connection, subject, heard);
    this.#connected = true;
    this.#log.info('nats_connected', {});
    const watching = this.#watch(connection);
    await connection.closed();
    this.#connected = false;
    this.#connection = null;
    await watching;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') {
        this.#connected = false;
        this.#log.warn('nats_disconnected', {});
      } else if (type === 'reconnect') {
        this.#connected = !this.#closing.signal.aborted;
        this.#log.info('nats_connected', {});
      }
    }
  }

  #subscribe(connection: NatsConnection, subject: string, heard: Heard): void {
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) this.#log.warn('nats_subscription_failed', { subject, error });
        else heard(message.data);
      },
    });
  }
}
