/**
 * One connection to Redis that never makes anybody wait longer than `waitMs`. Frozen or gone: what waits is refused,
 * what comes is refused at once, nothing is queued; a probe in the background finds out when it is back.
 */
import { type Clock, Fault, type Log } from '@elida/kernel';
import { Redis, type RedisOptions } from 'ioredis';
import { type Step, whole } from './script.ts';

export interface LinkOptions {
  readonly redis: string | ConnectionOptions;
  /** Bounded wait, ms (LIMITS.storeWaitMs). */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called each time the server answers again, the first time too. */
  readonly onUp?: () => void;
}

/** The replies, or the error of one step in its place. */
export type Replies = readonly unknown[];

interface Waiting {
  readonly since: number;
  readonly refuse: (error: Error) => void;
}

const PROBE_MS = 100;
/** A probe without an answer for this long: the connection itself may be dead. */
const PROBE_STALE_MS = 3_000;

export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

export const connect = (redis: string | ConnectionOptions): Redis => {
  const options = {
    protocol: 2 as const,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
    connectTimeout: 1_000,
    // A command that was cut off may have run: its caller decides, not the client.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    disableClientInfo: true,
  };
  return typeof redis === 'string' ? new Redis(redis, options) : new Redis({ ...redis, ...options });
};

/** What waits for the end of the turn. */
interface Asked {
  readonly steps: readonly Step[];
  readonly resolve: (replies: unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Link {
  readonly redis: Redis;
  readonly #options: LinkOptions;
  readonly #waiting = new Set<Waiting>();
  /** Resolves when the first attempt to connect has succeeded or failed. */
  readonly #tried: Promise<void>;
  #announceTried = (): void => {};
  #up = false;
  #wasUp = false;
  #wasTried = false;
  #watchdog: NodeJS.Timeout | null = null;
  #prober: NodeJS.Timeout | null = null;
  #probeSince = 0;
  #closed = false;
  #turn: Asked[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#tried = new Promise((resolve) => {
      this.#announceTried = resolve;
    });
    void this.#tried.then(() => {
      this.#wasTried = true;
    });
    this.redis = connect(options.redis);
    this.redis.on('error', (error) => this.#down('redis_connection_error', error));
    this.redis.on('close', () => this.#down('redis_connection_closed'));
    this.redis.on('ready', () => this.#back());
  }

  get up(): boolean {
    return this.#up;
  }

  /**
   * Sends one pipeline. A step that fails is an Error in its place; NOSCRIPT is handled here.
   * @param late gets the replies that came after the caller was refused.
   * @throws Fault('store_unavailable')
   */
  async send(steps: readonly Step[], late?: (replies: Replies) => void): Promise<Replies> {
    if (!this.#up) await this.#firstConnection();
    const replies = await this.#bounded(this.#pipeline(steps), late);
    const unknown = replies.findIndex((reply) => reply instanceof Error && reply.message.startsWith('NOSCRIPT'));
    return unknown < 0 ? replies : this.#withSources(steps, replies, late);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#down('redis_link_closed');
    if (this.#prober) clearInterval(this.#prober);
    this.redis.disconnect();
    return Promise.resolve();
  }

  /** The server has restarted and knows no script: those steps that it refused run once more, from their source. */
  async #withSources(steps: readonly Step[], replies: Replies, late?: (replies: Replies) => void): Promise<Replies> {
    const refused = steps.flatMap((step, i) => {
      const reply = replies[i];
      const { script } = step;
      return script && reply instanceof Error && reply.message.startsWith('NOSCRIPT')
        ? [{ i, step: whole({ ...step, script }) }]
        : [];
    });
    const again = await this.#bounded(this.#pipeline(refused.map(({ step }) => step)), late);
    const merged = [...replies];
    for (const [k, { i }] of refused.entries()) merged[i] = again[k];
    return merged;
  }

  /** What is asked in one turn of the event loop leaves in one write: a system call for all of it. */
  #pipeline(steps: readonly Step[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#turn.length === 0) setImmediate(this.#leave);
      this.#turn.push({ steps, resolve, reject });
    });
  }

  readonly #leave = (): void => {
    const turn = this.#turn;
    this.#turn = [];
    const pipeline = this.redis.pipeline();
    for (const { steps } of turn) {
      for (const { command, args, binary } of steps) {
        if (binary) pipeline.callBuffer(command, ...args);
        else pipeline.call(command, ...args);
      }
    }
    pipeline.exec().then(
      (results) => {
        let at = 0;
        for (const { steps, resolve } of turn) {
          resolve((results ?? []).slice(at, at + steps.length).map(([error, reply]) => error ?? reply));
          at += steps.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of turn) reject(error);
      },
    );
  };

  /** A process that has just started has something worth waiting for: once. */
  async #firstConnection(): Promise<void> {
    if (!this.#wasTried && !this.#closed) await this.#bounded(this.#tried);
    if (!this.#up) throw unavailable();
  }

  #bounded<T>(work: Promise<T>, late?: (value: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let refused = false;
      const waiting: Waiting = {
        since: this.#options.clock.monotonic(),
        refuse: (error) => {
          refused = true;
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      this.#watchdog ??= setTimeout(this.#watch, this.#options.waitMs);
      work.then(
        (value) => {
          this.#waiting.delete(waiting);
          if (refused) late?.(value);
          else resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(unavailable(error));
        },
      );
    });
  }

  /** One timer for all that waits: looks at the oldest. */
  readonly #watch = (): void => {
    this.#watchdog = null;
    if (this.#overdue() > 0) {
      this.#watchdog = setTimeout(this.#watch, this.#overdue());
    } else if (this.#waiting.size > 0) {
      // It may have been us who were late: read what lies in the socket first.
      setImmediate(() => {
        if (this.#waiting.size === 0) return;
        const left = this.#overdue();
        if (left > 0) this.#watchdog ??= setTimeout(this.#watch, left);
        else this.#down('redis_does_not_answer');
      });
    }
  };

  /** ms until the oldest is overdue; 0 or less: it is, or nothing waits. */
  #overdue(): number {
    for (const { since } of this.#waiting) return since + this.#options.waitMs - this.#options.clock.monotonic();
    return 0;
  }

  #down(why: string, error?: unknown): void {
    const refused = [...this.#waiting];
    this.#waiting.clear();
    for (const { refuse } of refused) refuse(unavailable(error));
    if (this.#up) this.#options.log.warn(why, { refused: refused.length, ...(error ? { error } : {}) });
    this.#up = false;
    this.#announceTried();
    if (!this.#closed) this.#prober ??= setInterval(this.#probe, PROBE_MS);
  }

  readonly #probe = (): void => {
    const now = this.#options.clock.monotonic();
    if (this.#probeSince > 0) {
      if (now - this.#probeSince < PROBE_STALE_MS) return;
      this.#probeSince = 0;
      this.redis.disconnect(true);
      return;
    }
    this.#probeSince = now;
    if (this.redis.status !== 'ready') return;
    this.redis.ping().then(
      () => this.#back(),
      () => {
        this.#probeSince = 0;
      },
    );
  };

  #back(): void {
    this.#probeSince = 0;
    if (this.#up || this.#closed) return;
    if (this.#prober) clearInterval(this.#prober);
    this.#prober = null;
    this.#up = true;
    if (this.#wasUp) this.#options.log.info('redis_answers_again', {});
    this.#wasUp = true;
    this.#announceTried();
    this.#options.onUp?.();
  }
}

export const unavailable = (cause?: unknown): Fault =>
  new Fault('store_unavailable', undefined, cause === undefined ? {} : { cause });

/** Every reply of a pipeline, where an error in any place is the whole's. */
export function allOf(replies: Replies): Replies {
  for (const reply of replies) if (reply instanceof Error) throw unavailable(reply);
  return replies;
}
