/** The sessions of the memory store: a map by sid, with the clock passed in. Nothing here grows without a bound. */
import type { Order, RiskState, SessionRecord } from '@elida/contracts';
import {
  admission,
  applyOrder,
  begin,
  type Incarnation,
  isSpent,
  nextDeadline,
  passTime,
  unstarted,
} from './incarnation.ts';
import { MemoryPrincipals, MemorySeen } from './memory-risk.ts';
import { inheritRisk } from './risk-score.ts';
import { flagFindings, withHead } from './seen.ts';
import { addUse, countUnder } from './session-use.ts';
import { STANDING_ORDERS } from './states.ts';
import {
  type Applied,
  type CaptureRequest,
  type EnterReply,
  type EnterRequest,
  type FlagReply,
  type FlagRequest,
  type Settlement,
  UNWATCHED,
} from './store.ts';
import { unwatched, type Watching, watchEnter, watchSettle } from './watching.ts';

/** Incarnation numbers of forgotten sessions that are remembered, so that a returning hint counts on. */
const REMEMBERED_MAX = 100_000;

export interface Entry {
  readonly session: Incarnation;
  /** Place in the listing, Unix ms. */
  readonly listedAt: number;
  /** Ended incarnations that wait for `forget`, besides the current one. */
  readonly ended: Map<number, { readonly record: SessionRecord; leaseUntil: number }>;
  /** `forget` has seen the end of the current incarnation: only a tombstone is left. */
  recorded: boolean;
  /** Of the current incarnation's end. */
  leaseUntil: number;
  readonly watching: Watching;
}

type Watched = Pick<EnterReply, keyof typeof UNWATCHED>;

interface Numbers {
  readonly incarnation: number;
  readonly epoch: number;
}

export class MemorySessions {
  readonly entries = new Map<string, Entry>();
  readonly #remembered = new Map<string, Numbers>();
  readonly #principals = new MemoryPrincipals();
  readonly #seen = new MemorySeen();
  readonly #killWindowMs: number;
  late = 0;

  constructor(killWindowMs: number) {
    this.#killWindowMs = killWindowMs;
  }

  /** The session as it is at `now`, or undefined. */
  at(sid: string, now: number): Entry | undefined {
    const entry = this.entries.get(sid);
    if (!entry) return undefined;
    passTime(entry.session, now, this.#killWindowMs);
    if (!isSpent(entry.session)) return entry;
    this.#drop(sid, entry);
    return undefined;
  }

  enter(request: EnterRequest, now: number): Omit<EnterReply, 'blocksEpoch'> {
    const entry = this.at(request.sid, now);
    const admitted = entry ? admission(entry.session) : 'begin';
    if (!entry || admitted === 'begin') return this.#begin(request, entry, now);
    const { session } = entry;
    const { record } = session;
    const watched = admitted === 'refuse' ? UNWATCHED : this.#watch(entry, request, now);
    if (admitted === 'allow') {
      record.lastAt = now;
      record.agent ||= request.agent;
      record.workflow ||= request.workflow;
      session.idleMs = request.idleMs;
      session.lifeMs = request.lifeMs;
    }
    const { state, incarnation, reason, untilAt } = record;
    return { ...watched, state, incarnation, started: false, reason, untilAt };
  }

  #begin(request: EnterRequest, old: Entry | undefined, now: number): Omit<EnterReply, 'blocksEpoch'> {
    const ended: Entry['ended'] = old?.ended ?? new Map();
    if (old && old.session.record.startedAt > 0 && !old.recorded) {
      // A next request inside the grace of an explicit end closes the old record at once.
      passTime(old.session, Number.MAX_SAFE_INTEGER, this.#killWindowMs);
      ended.set(old.session.record.incarnation, { record: old.session.record, leaseUntil: old.leaseUntil });
    }
    const before = old?.session.record ?? this.#numbers(request.sid);
    const session = begin(request, before, now);
    if (request.watch) this.#inherit(session.record, request.watch.halfLifeMs, now);
    const entry = { session, listedAt: now, ended, recorded: false, leaseUntil: 0, watching: unwatched() };
    this.entries.set(request.sid, entry);
    this.#remembered.delete(request.sid);
    return {
      ...this.#watch(entry, request, now),
      ...{ state: 'active', incarnation: session.record.incarnation, started: true, reason: '', untilAt: 0 },
    };
  }

  #inherit(record: SessionRecord, halfLifeMs: number, now: number): void {
    const risk = inheritRisk(this.#principals.at(record.tenant, record.principal, now), now, halfLifeMs);
    if (risk.score > 0) Object.assign(record, { risk, halfLifeMs });
  }

  #watch({ session, watching }: Entry, { watch, sid }: EnterRequest, now: number): Watched {
    if (!watch) return UNWATCHED;
    return { ...watchEnter(session.record, watching, watch, now), inspected: this.#seen.of(sid).heads };
  }

  settle(item: Settlement, now: number): void {
    const entry = this.#running(item, now);
    if (!entry) {
      this.late++;
      return;
    }
    const { record } = entry.session;
    record.requests += item.requests;
    record.bytesIn += item.bytesIn;
    record.bytesOut += item.bytesOut;
    countUnder(record.backendsUsed, item.backend, item.requests);
    addUse(record, item);
    watchSettle(entry.watching, item, now);
    if (item.inspected) this.#seen.keep(item.sid).heads = withHead(this.#seen.of(item.sid).heads, item.inspected);
    record.lastAt = now;
  }

  flag(request: FlagRequest, now: number): FlagReply | null {
    const entry = this.#running(request, now);
    if (!entry) return null;
    const { points, ...reply } = flagFindings(entry.session.record, this.#seen.keep(request.sid), request, now);
    if (points > 0) this.#principals.add(request, points, now);
    return reply;
  }

  capture(request: CaptureRequest, now: number): boolean | null {
    const record = this.#running(request, now)?.session.record;
    if (!record) return null;
    if (record.captures >= request.max) return false;
    record.captures++;
    return true;
  }

  principalRisk(tenant: string, principal: string, now: number): RiskState {
    return this.#principals.at(tenant, principal, now);
  }

  /** The incarnation, unless it is over. */
  #running({ sid, incarnation }: { readonly sid: string; readonly incarnation: number }, now: number): Entry | null {
    const entry = this.at(sid, now);
    const record = entry?.session.record;
    const runs = record && record.incarnation === incarnation && record.startedAt > 0 && record.endedAt === 0;
    return (runs && entry) || null;
  }

  touch(sid: string, now: number): void {
    const record = this.at(sid, now)?.session.record;
    if (record && record.startedAt > 0 && record.endedAt === 0) record.lastAt = now;
  }

  apply(sid: string, order: Order, create: boolean, now: number, expectedEpoch?: number): Applied | null {
    let entry = this.at(sid, now);
    // Only a tombstone is known of a recorded end: orders other than `terminate` have nothing to act on.
    if (!entry) {
      if (!create || !STANDING_ORDERS.includes(order.kind)) return null;
      const session = unstarted(sid, order.tenant, this.#numbers(sid));
      entry = { session, listedAt: now, ended: new Map(), recorded: false, leaseUntil: 0, watching: unwatched() };
      this.entries.set(sid, entry);
      this.#remembered.delete(sid);
    }
    const changed = applyOrder(entry.session, order, now, expectedEpoch);
    const record = structuredClone(entry.session.record);
    if (isSpent(entry.session)) this.#drop(sid, entry);
    return { record, changed };
  }

  /** Ended records that nobody has recorded and nobody has under a lease. */
  claim(entry: Entry, now: number, leaseMs: number): SessionRecord[] {
    const records: SessionRecord[] = [];
    for (const ended of entry.ended.values()) {
      if (ended.leaseUntil > now) continue;
      ended.leaseUntil = now + leaseMs;
      records.push(structuredClone(ended.record));
    }
    if (this.#unrecorded(entry) && entry.leaseUntil <= now) {
      entry.leaseUntil = now + leaseMs;
      records.push(structuredClone(entry.session.record));
    }
    return records;
  }

  /** When the reaper has something to do, Unix ms. */
  dueAt(entry: Entry): number {
    const { endedAt } = entry.session.record;
    const own = this.#unrecorded(entry) ? Math.max(endedAt, entry.leaseUntil) : nextDeadline(entry.session)?.at;
    return Math.min(own ?? Number.POSITIVE_INFINITY, ...[...entry.ended.values()].map(({ leaseUntil }) => leaseUntil));
  }

  #unrecorded({ session, recorded }: Entry): boolean {
    return session.record.startedAt > 0 && session.record.endedAt > 0 && !recorded;
  }

  forget(sid: string, incarnation: number): void {
    const entry = this.entries.get(sid);
    if (!entry) return;
    const { record } = entry.session;
    if (!entry.ended.delete(incarnation) && record.incarnation === incarnation && record.endedAt > 0) {
      entry.recorded = true;
    }
    if (entry.recorded && record.state !== 'terminated') this.#drop(sid, entry);
  }

  /** Puts back what a wipe took, upon what came since: an order given since then is newer, but nothing lifts a terminate. */
  restore(restored: SessionRecord, now: number): void {
    const known = this.at(restored.sid, now);
    if (!known) {
      const record = structuredClone(restored);
      const before = this.#numbers(record.sid);
      record.incarnation = Math.max(record.incarnation, before.incarnation);
      record.epoch = Math.max(record.epoch, before.epoch);
      this.entries.set(record.sid, {
        session: { record, idleMs: 0, lifeMs: 0, decidedAt: 0, lastOrder: '' },
        listedAt: record.startedAt || now,
        ended: new Map(),
        recorded: record.endedAt > 0,
        leaseUntil: 0,
        watching: unwatched(),
      });
      return;
    }
    const { record, lastOrder } = known.session;
    if (restored.state !== 'terminated' && (lastOrder !== '' || record.endedAt > 0)) return;
    const { state, untilAt, reason, actor } = restored;
    Object.assign(record, { state, untilAt, reason, actor });
    record.incarnation = Math.max(record.incarnation, restored.incarnation);
    record.epoch = Math.max(record.epoch, restored.epoch) + 1;
    known.session.decidedAt = now;
  }

  #numbers(sid: string): Numbers {
    return this.#remembered.get(sid) ?? { incarnation: 0, epoch: 0 };
  }

  #drop(sid: string, entry: Entry): void {
    if (entry.ended.size > 0) return;
    const { incarnation, epoch } = entry.session.record;
    this.entries.delete(sid);
    this.#remembered.delete(sid);
    this.#remembered.set(sid, { incarnation, epoch });
    if (this.#remembered.size > REMEMBERED_MAX) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
  }
}
