/**
 * The session store in memory: standalone, and tests. Same promises as libs/redis (one contract suite, test/contract),
 * but for one process. Pure: the clock is passed in, and windows are looked at when somebody asks.
 */
import type { Block, SessionRecord, SessionState } from '@elida/contracts';
import { byNewest, decodeCursor, encodeCursor, fits, type ListPosition } from './filter.ts';
import { type Entry, MemorySessions } from './memory-sessions.ts';
import { OrderLog } from './order-log.ts';
import { SESSION_STATE_ZEROS } from './states.ts';
import {
  type BlockTable,
  type EdgeHeartbeat,
  REPLY_TTL_MS,
  type SessionDirectory,
  type SessionFilter,
  type SessionGate,
} from './store.ts';

export interface MemoryStoreOptions {
  /** Unix ms. */
  readonly now: () => number;
  /** How long the kill lasts that an expired hold becomes (config `session.kill_block`). */
  readonly killWindowMs?: number;
  /** What is thrown before `markReady`: the kernel's Fault('store_unavailable') where one composes a process. */
  readonly unavailable?: () => Error;
}

export interface MemorySessionStore extends SessionGate, SessionDirectory {
  /** Settlements that came too late for their incarnation, since the start. */
  lateSettlements(): number;
}

const TREE_MAX = 500;
/** Oldest first out: a Map keeps the order of insertion. */
const REPLIES_MAX = 100_000;
const DEFAULT_KILL_WINDOW_MS = 1_800_000;

export function createMemorySessionStore(options: MemoryStoreOptions): MemorySessionStore {
  const { now } = options;
  const sessions = new MemorySessions(options.killWindowMs ?? DEFAULT_KILL_WINDOW_MS);
  const blocks = new Map<string, Block>();
  const edges = new Map<string, EdgeHeartbeat & { at: number }>();
  const orders = new OrderLog();
  const replies = new Map<string, { sid: string; until: number }>();
  const unavailable = options.unavailable ?? (() => new Error('store_unavailable: the session store is not ready'));
  // 0: nobody has called markReady yet.
  let epoch = 0;
  let epochBefore = 0;

  const table = (): BlockTable => {
    if (epoch === 0) throw unavailable();
    return { epoch, blocks: [...blocks.values()].filter(({ untilAt }) => untilAt === 0 || untilAt > now()) };
  };
  const nextEpoch = (): number => {
    for (const [id, block] of blocks) if (block.untilAt !== 0 && block.untilAt <= now()) blocks.delete(id);
    if (epoch > 0) epoch++;
    return epoch;
  };
  const listed = (filter: SessionFilter): { position: ListPosition; record: SessionRecord }[] => {
    const found: { position: ListPosition; record: SessionRecord }[] = [];
    for (const sid of sessions.entries.keys()) {
      const entry = sessions.at(sid, now());
      if (!entry || entry.recorded || !fits(entry.session.record, filter)) continue;
      const { record } = entry.session;
      found.push({ position: { at: entry.listedAt, member: `${record.tenant}/${sid}` }, record });
    }
    return found.sort((a, b) => byNewest(a.position, b.position));
  };
  const due = (): { entry: Entry; at: number }[] => {
    const found: { entry: Entry; at: number }[] = [];
    for (const sid of sessions.entries.keys()) {
      const entry = sessions.at(sid, now());
      if (!entry) continue;
      const at = sessions.dueAt(entry);
      if (at <= now()) found.push({ entry, at });
    }
    return found.sort((a, b) => a.at - b.at);
  };

  return {
    async enter(request) {
      if (epoch === 0) throw unavailable();
      return { ...sessions.enter(request, now()), blocksEpoch: epoch };
    },
    async settle(batch) {
      for (const item of batch) {
        sessions.settle(item, now());
        if (item.replyKey) replies.set(item.replyKey, { sid: item.sid, until: now() + REPLY_TTL_MS });
      }
      for (const [key, { until }] of replies) {
        if (until > now() && replies.size <= REPLIES_MAX) break;
        replies.delete(key);
      }
    },
    async sessionOfReply(replyKey) {
      const reply = replies.get(replyKey);
      return reply && reply.until > now() ? reply.sid : '';
    },
    async touch(sids) {
      for (const sid of sids) sessions.touch(sid, now());
    },
    async blocks() {
      return table();
    },
    async heartbeat(beat) {
      edges.set(beat.edge, { ...beat, at: now() });
    },
    followOrders: (onOrder, signal) => orders.follow(onOrder, signal),
    available: () => epoch > 0,
    lateSettlements: () => sessions.late,

    async get(sid) {
      return structuredClone(sessions.at(sid, now())?.session.record ?? null);
    },
    async list(filter, limit, cursor) {
      const after = decodeCursor(cursor);
      const rest = listed(filter).filter(({ position }) => !after || byNewest(after, position) < 0);
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return {
        sessions: page.map(({ record }) => structuredClone(record)),
        cursor: last && rest.length > limit ? encodeCursor(last.position) : '',
      };
    },
    async tree(sid) {
      const found: SessionRecord[] = [];
      const seen = new Set([sid]);
      for (const id of seen) {
        const record = sessions.at(id, now())?.session.record;
        if (record) found.push(structuredClone(record));
        if (found.length >= TREE_MAX) break;
        for (const [child, { session }] of sessions.entries) if (session.record.parent === id) seen.add(child);
      }
      return found;
    },
    async named(displayName, tenant) {
      return listed({ tenant }).flatMap(({ record }) => (record.displayName === displayName ? [record.sid] : []));
    },
    async counts(tenant) {
      const counts: Record<SessionState, number> = { ...SESSION_STATE_ZEROS };
      for (const { record } of listed({ tenant })) counts[record.state]++;
      return counts;
    },

    async applyToSession(sid, order, create, expectedEpoch) {
      return sessions.apply(sid, order, create, now(), expectedEpoch);
    },
    async putBlock(block) {
      const next = nextEpoch();
      blocks.set(block.id, block);
      return next;
    },
    async removeBlock(id) {
      return blocks.delete(id) ? nextEpoch() : epoch;
    },
    async appendOrder(signed) {
      orders.append(signed);
    },
    async edges() {
      const oldest = now() - EDGE_GONE_MS;
      for (const [edge, { at }] of edges) if (at < oldest) edges.delete(edge);
      return [...edges.values()];
    },

    async claimDue(limit, leaseMs) {
      return due()
        .slice(0, limit)
        .flatMap(({ entry }) => sessions.claim(entry, now(), leaseMs));
    },
    async forget(sid, incarnation) {
      sessions.forget(sid, incarnation);
    },

    async isReady() {
      return epoch > 0;
    },
    async restore(records, restored) {
      for (const record of records) sessions.restore(record, now());
      for (const block of restored.blocks) if (!blocks.has(block.id)) blocks.set(block.id, block);
      epochBefore = Math.max(epochBefore, restored.epoch);
      if (epoch > 0) epoch = Math.max(epoch, epochBefore) + 1;
    },
    async markReady() {
      // Seconds: larger than any epoch before a wipe, so that every edge sees a change.
      if (epoch === 0) epoch = Math.max(Math.floor(now() / 1_000), epochBefore + 1);
    },
  };
}

/** An edge that has not been heard of for this long is no longer listed. */
export const EDGE_GONE_MS = 60_000;
