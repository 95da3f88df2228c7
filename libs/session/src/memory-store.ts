/**
 * The session store in memory: standalone, and tests. Same promises as libs/redis (one contract suite, test/contract),
 * but for one process. Pure: the clock is passed in, and windows are looked at when somebody asks.
 */
import {
  type Block,
  LIMITS,
  type Order,
  type RiskState,
  type SessionRecord,
  type SessionState,
} from '@elida/contracts';
import { byNewest, decodeCursor, encodeCursor, fits, type ListPosition } from './filter.ts';
import { MemoryBlocks, MemoryEdges, MemoryReplies } from './memory-control.ts';
import { MemorySessions } from './memory-sessions.ts';
import { OrderLog } from './order-log.ts';
import { SESSION_STATE_ZEROS } from './states.ts';
import type {
  Applied,
  BlockTable,
  CaptureRequest,
  EdgeHeartbeat,
  EnterReply,
  EnterRequest,
  FlagReply,
  FlagRequest,
  SessionDirectory,
  SessionFilter,
  SessionGate,
  SessionPage,
  Settlement,
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

const DEFAULT_KILL_WINDOW_MS = 1_800_000;

export const createMemorySessionStore = (options: MemoryStoreOptions): MemorySessionStore => new MemoryStore(options);

class MemoryStore implements MemorySessionStore {
  readonly #now: () => number;
  readonly #unavailable: () => Error;
  readonly #sessions: MemorySessions;
  readonly #blocks = new MemoryBlocks();
  readonly #edges = new MemoryEdges();
  readonly #replies = new MemoryReplies();
  readonly #orders = new OrderLog();

  constructor({ now, killWindowMs = DEFAULT_KILL_WINDOW_MS, unavailable }: MemoryStoreOptions) {
    this.#now = now;
    this.#unavailable = unavailable ?? (() => new Error('store_unavailable: the session store is not ready'));
    this.#sessions = new MemorySessions(killWindowMs);
  }

  async enter(request: EnterRequest): Promise<EnterReply> {
    if (!this.available()) throw this.#unavailable();
    return { ...this.#sessions.enter(request, this.#now()), blocksEpoch: this.#blocks.epoch };
  }

  async settle(batch: readonly Settlement[]): Promise<void> {
    const now = this.#now();
    for (const item of batch) {
      this.#sessions.settle(item, now);
      if (item.replyKey) this.#replies.remember(item.replyKey, item.sid, now);
    }
  }

  async flag(request: FlagRequest): Promise<FlagReply | null> {
    return this.#sessions.flag(request, this.#now());
  }

  async capture(request: CaptureRequest): Promise<boolean | null> {
    return this.#sessions.capture(request, this.#now());
  }

  async principalRisk(tenant: string, principal: string): Promise<RiskState> {
    return this.#sessions.principalRisk(tenant, principal, this.#now());
  }

  async touch(sids: readonly string[]): Promise<void> {
    for (const sid of sids) this.#sessions.touch(sid, this.#now());
  }

  async blocks(): Promise<BlockTable> {
    if (!this.available()) throw this.#unavailable();
    return this.#blocks.table(this.#now());
  }

  async sessionOfReply(replyKey: string): Promise<string> {
    return this.#replies.sessionOf(replyKey, this.#now());
  }

  async heartbeat(beat: EdgeHeartbeat): Promise<void> {
    this.#edges.heard(beat, this.#now());
  }

  followOrders(
    onOrder: (signed: Uint8Array) => void,
    signal: AbortSignal,
    from: 'now' | 'kept' = 'now',
  ): Promise<void> {
    return this.#orders.follow(onOrder, signal, from);
  }

  available(): boolean {
    return this.#blocks.epoch > 0;
  }

  lateSettlements(): number {
    return this.#sessions.late;
  }

  async get(sid: string): Promise<SessionRecord | null> {
    return structuredClone(this.#record(sid) ?? null);
  }

  async list(filter: SessionFilter, limit: number, cursor: string): Promise<SessionPage> {
    const after = decodeCursor(cursor);
    const rest = this.#listed(filter).filter(({ position }) => !after || byNewest(after, position) < 0);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      sessions: page.map(({ record }) => structuredClone(record)),
      cursor: last && rest.length > limit ? encodeCursor(last.position) : '',
    };
  }

  async tree(sid: string): Promise<readonly SessionRecord[]> {
    const found: SessionRecord[] = [];
    const seen = new Set([sid]);
    for (const id of seen) {
      const record = this.#record(id);
      if (record) found.push(structuredClone(record));
      if (found.length >= LIMITS.pageMax.value) break;
      for (const [child, { session }] of this.#sessions.entries) if (session.record.parent === id) seen.add(child);
    }
    return found;
  }

  async named(displayName: string, tenant: string): Promise<readonly string[]> {
    return this.#listed({ tenant }).flatMap(({ record }) => (record.displayName === displayName ? [record.sid] : []));
  }

  async counts(tenant: string): Promise<Readonly<Record<SessionState, number>>> {
    const counts: Record<SessionState, number> = { ...SESSION_STATE_ZEROS };
    for (const { record } of this.#listed({ tenant })) counts[record.state]++;
    return counts;
  }

  async applyToSession(sid: string, order: Order, create: boolean, expectedEpoch?: number): Promise<Applied | null> {
    return this.#sessions.apply(sid, order, create, this.#now(), expectedEpoch);
  }

  async putBlock(block: Block): Promise<number> {
    return this.#blocks.put(block, this.#now());
  }

  async removeBlock(id: string): Promise<number> {
    return this.#blocks.remove(id);
  }

  async appendOrder(signed: Uint8Array): Promise<void> {
    this.#orders.append(signed);
  }

  async edges(): Promise<readonly (EdgeHeartbeat & { readonly at: number })[]> {
    return this.#edges.list(this.#now());
  }

  async claimDue(limit: number, leaseMs: number): Promise<readonly SessionRecord[]> {
    const now = this.#now();
    const due = [...this.#sessions.entries.keys()].flatMap((sid) => {
      const entry = this.#sessions.at(sid, now);
      const at = entry ? this.#sessions.dueAt(entry) : Number.POSITIVE_INFINITY;
      return entry && at <= now ? [{ entry, at }] : [];
    });
    const earliest = due.sort((a, b) => a.at - b.at).slice(0, limit);
    return earliest.flatMap(({ entry }) => this.#sessions.claim(entry, now, leaseMs));
  }

  async forget(sid: string, incarnation: number): Promise<void> {
    this.#sessions.forget(sid, incarnation);
  }

  async isReady(): Promise<boolean> {
    return this.available();
  }

  async restore(records: readonly SessionRecord[], table: BlockTable): Promise<void> {
    for (const record of records) this.#sessions.restore(record, this.#now());
    this.#blocks.restore(table);
  }

  async markReady(): Promise<void> {
    this.#blocks.markReady(this.#now());
  }

  #record(sid: string): SessionRecord | undefined {
    return this.#sessions.at(sid, this.#now())?.session.record;
  }

  #listed(filter: SessionFilter): { position: ListPosition; record: SessionRecord }[] {
    const found: { position: ListPosition; record: SessionRecord }[] = [];
    for (const sid of this.#sessions.entries.keys()) {
      const entry = this.#sessions.at(sid, this.#now());
      if (!entry || entry.recorded || !fits(entry.session.record, filter)) continue;
      const { record } = entry.session;
      found.push({ position: { at: entry.listedAt, member: `${record.tenant}/${sid}` }, record });
    }
    return found.sort((a, b) => byNewest(a.position, b.position));
  }
}
