/** Signed orders in a capped stream: whoever missed the doorbell reads them here, each once, over reconnects and wipes. */
import type { Clock, Log } from '@elida/kernel';
import type { Redis } from 'ioredis';
import { ORDERS } from './keys.ts';
import { type ConnectionOptions, connect } from './link.ts';
import { type Step, step } from './script.ts';

const KEPT_MAX = 10_000;
const KEPT_MS = 86_400_000;
/** One blocking read; a server that takes longer is frozen. */
const BLOCK_MS = 1_000;
const FROZEN_MS = 2_000;
const RETRY_MS = 100;

export const appendSteps = (signed: Uint8Array): Step[] => [
  step('xadd', ORDERS, 'MAXLEN', '~', KEPT_MAX, '*', 'o', Buffer.from(signed)),
  step('pexpire', ORDERS, KEPT_MS),
];

type Entries = readonly (readonly [Buffer, readonly Buffer[]])[];

export interface FollowOptions {
  readonly redis: string | ConnectionOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly onOrder: (signed: Uint8Array) => void;
  readonly from: 'now' | 'kept';
  readonly signal: AbortSignal;
}

/** On a connection of its own, because reading blocks it. Resolves when `signal` aborts. */
export async function followOrders(options: FollowOptions): Promise<void> {
  const { signal, log } = options;
  if (signal.aborted) return;
  const redis = connect(options.redis);
  let quiet = false;
  redis.on('error', (error) => {
    if (!quiet) log.warn('order_stream_connection_error', { error });
    quiet = true;
  });
  redis.on('ready', () => {
    quiet = false;
  });
  const stop = (): void => redis.disconnect();
  signal.addEventListener('abort', stop, { once: true });
  let last: string | null = options.from === 'kept' ? '0-0' : null;
  while (!signal.aborted) {
    try {
      last ??= await newest(redis);
      last = await read(redis, last, options);
    } catch (error) {
      if (signal.aborted) break;
      log.debug('order_stream_interrupted', { error });
      await pause(RETRY_MS, signal);
    }
  }
  signal.removeEventListener('abort', stop);
  redis.disconnect();
}

async function newest(redis: Redis): Promise<string> {
  const [entry] = (await bounded(redis, redis.xrevrange(ORDERS, '+', '-', 'COUNT', 1))) as [string, string[]][];
  return entry?.[0] ?? '0-0';
}

/** One blocking read. @returns the position after it. */
async function read(redis: Redis, after: string, { onOrder, log }: FollowOptions): Promise<string> {
  const reply = await bounded(redis, redis.xreadBuffer('COUNT', 100, 'BLOCK', BLOCK_MS, 'STREAMS', ORDERS, after));
  const entries = entriesOf(reply);
  if (entries.length === 0) {
    // Wiped, and the server's clock before the old one's: its ids start below ours.
    return before(await newest(redis), after) ? '0-0' : after;
  }
  let last = after;
  for (const [id, fields] of entries) {
    last = id.toString('latin1');
    const signed = fields[1];
    if (!signed) continue;
    try {
      onOrder(signed);
    } catch (error) {
      log.error('order_handler_failed', { error });
    }
  }
  return last;
}

/** A frozen server, or a dead connection, must not hold the follower for ever. */
async function bounded<T>(redis: Redis, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => redis.disconnect(true), BLOCK_MS + FROZEN_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** [[stream, [[id, [field, value]], …]]], or null where nothing came. */
const entriesOf = (reply: unknown): Entries =>
  (reply as readonly (readonly [Buffer, Entries])[] | null)?.[0]?.[1] ?? [];

function before(a: string, b: string): boolean {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
