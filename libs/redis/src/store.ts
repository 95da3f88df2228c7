/** The session store on Redis: living state, atomic, one slot a session. One contract suite with the store in memory (test/contract). */
import { LIMITS } from '@elida/contracts';
import { type Clock, type Log, systemClock } from '@elida/kernel';
import type { SessionDirectory, SessionGate } from '@elida/session';
import { Context } from './context.ts';
import { Directory } from './directory.ts';
import { Gate } from './gate.ts';
import { type ConnectionOptions, Link } from './link.ts';
import { Listing } from './listing.ts';
import { followOrders } from './order-stream.ts';
import { Readiness } from './readiness.ts';
import { Reaper } from './reaper.ts';
import { SessionIndex } from './session-index.ts';

export interface RedisStoreOptions {
  /** redis:// or rediss:// URL, or options of ioredis. */
  readonly redis: string | ConnectionOptions;
  readonly log: Log;
  readonly clock?: Clock;
  /** Nobody waits longer, ms. */
  readonly storeWaitMs?: number;
  /** How long the kill lasts that an expired hold becomes (config `session.kill_block`), ms. */
  readonly killWindowMs?: number;
  /** Unix ms, instead of the server's time: for tests. */
  readonly testNow?: () => number;
}

export interface RedisSessionStore extends SessionGate, SessionDirectory {
  /** Settlements that came too late for their incarnation, since the start. */
  lateSettlements(): number;
  close(): Promise<void>;
}

const DEFAULT_KILL_WINDOW_MS = 1_800_000;

export function createRedisSessionStore(options: RedisStoreOptions): RedisSessionStore {
  const { redis, log, clock = systemClock } = options;
  const waitMs = options.storeWaitMs ?? LIMITS.storeWaitMs.value;
  const link = new Link({ redis, waitMs, clock, log, onUp: () => onUp() });
  const context = new Context({
    ...{ link, clock, log, testNow: options.testNow },
    killWindowMs: options.killWindowMs ?? DEFAULT_KILL_WINDOW_MS,
  });
  const index = new SessionIndex(context);
  const ready = new Readiness(context, () => index.clear());
  const gate = new Gate(context, index, ready);
  const listing = new Listing(context);
  const directory = new Directory(context, index, ready);
  const reaper = new Reaper(context, index);
  const following = new AbortController();

  const onUp = (): void => {
    gate.retractUntold();
    // It may be another server, or the same one emptied.
    ready.look().catch(() => undefined);
    void warnOfEviction(link, log);
  };

  return {
    enter: (request) => gate.enter(request),
    settle: (batch) => gate.settle(batch),
    flag: (request) => gate.flag(request),
    capture: (request) => gate.capture(request),
    principalRisk: (tenant, principal) => gate.principalRisk(tenant, principal),
    touch: (sids) => gate.touch(sids),
    heartbeat: (beat) => gate.heartbeat(beat),
    sessionOfReply: (replyKey) => gate.sessionOfReply(replyKey),
    blocks: () => directory.blocks(),
    followOrders: (onOrder, signal, from = 'now') =>
      followOrders({ redis, clock, log, onOrder, from, signal: AbortSignal.any([signal, following.signal]) }),
    available: () => link.up && ready.ready,
    lateSettlements: () => gate.late,

    get: (sid) => listing.get(sid),
    list: (filter, limit, cursor) => listing.list(filter, limit, cursor),
    tree: (sid) => listing.tree(sid),
    named: (displayName, tenant) => listing.named(displayName, tenant),
    counts: (tenant) => listing.counts(tenant),

    applyToSession: (sid, order, create, expectedEpoch) => directory.applyToSession(sid, order, create, expectedEpoch),
    putBlock: (block) => directory.putBlock(block),
    removeBlock: (id) => directory.removeBlock(id),
    appendOrder: (signed) => directory.appendOrder(signed),
    edges: () => directory.edges(),

    claimDue: (limit, leaseMs) => reaper.claimDue(limit, leaseMs),
    forget: (sid, incarnation) => reaper.forget(sid, incarnation),

    isReady: () => ready.look(),
    restore: (records, table) => directory.restore(records, table),
    markReady: () => directory.markReady(),

    close() {
      following.abort();
      ready.close();
      return link.close();
    },
  };
}

/** Sessions, blocks and the queue must never be evicted: better an error than a forgotten kill. */
async function warnOfEviction(link: Link, log: Log): Promise<void> {
  try {
    const [reply] = await link.send([{ command: 'config', args: ['get', 'maxmemory-policy'] }]);
    const policy = reply instanceof Error ? reply.message : Object.values(reply as Record<string, string>).join(' ');
    if (reply instanceof Error) log.debug('redis_config_not_readable', { error: reply });
    else if (!policy.includes('noeviction'))
      log.warn('redis_may_evict', { policy, need: 'maxmemory-policy noeviction' });
  } catch (error) {
    log.debug('redis_config_not_readable', { error });
  }
}
