/**
 * Where orders are given. `give` is the whole way of one, top to bottom: whom, what, the truth that lasts (Postgres),
 * the living state (store), the stream and the bell, the answers, the outcome. Each dependency may be gone; what is left
 * still stops what it can, and the reply says what is missing.
 */
import { LIMITS, type Order, type SessionRecord } from '@elida/contracts';
import type { OrderReply, OrderRequest } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { type Clock, Fault, type Installation, isFault, type Log, newOrderId, signOrder } from '@elida/kernel';
import { nextState } from '@elida/session';
import type { ControlBell, SessionDirectory } from '../ports.ts';
import type { DatabaseWatch } from '../record/database-watch.ts';
import { within } from '../record/deadline.ts';
import type { SessionFinder } from '../session-finder.ts';
import { AckBoard } from './ack-board.ts';
import type { Backlog } from './backlog.ts';
import { type Enforced, enforce, isStoreGone, membersOf } from './enforce.ts';
import type { Entry, Ledger } from './ledger.ts';
import { covers, type Plan, planOf } from './plan.ts';
import { type Outcome, orderReplyOf, orderReplyOfRow } from './rows.ts';
import { whomOf } from './whom.ts';
import { type WindowDefaults, windowOf } from './window.ts';

/** An edge that has not beaten for this long is not waited for. */
const EDGE_FRESH_MS = 10_000;
const { ackWaitMs, storeWaitMs } = LIMITS;

export interface DeskParts {
  readonly store: SessionDirectory;
  readonly finder: SessionFinder;
  readonly bell: ControlBell;
  readonly ledger: Ledger;
  readonly backlog: Backlog;
  readonly watch: DatabaseWatch;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
  readonly windows: WindowDefaults;
  readonly onOrder: (reply: OrderReply, records: readonly SessionRecord[]) => void;
}

export interface Given {
  readonly reply: OrderReply;
  /** Sessions whose own state it changed. */
  readonly records: readonly SessionRecord[];
}

const UNENFORCED: Enforced = { epoch: 0, records: [], changed: true };

export class Desk {
  readonly #parts: DeskParts;
  readonly #board = new AckBoard();

  constructor(parts: DeskParts) {
    this.#parts = parts;
    parts.bell.onAck((ack) => this.#board.take(ack));
  }

  /** @throws Fault not_found, not_allowed, ambiguous, invalid, conflict. */
  async give(request: OrderRequest, caller: Caller, idempotencyKey = ''): Promise<Given> {
    const { store, finder, clock, windows } = this.#parts;
    const { selector, tenant, session } = await whomOf(store, finder, request, caller);
    const at = clock.now();
    const { mode, untilAt } = windowOf(request, windows, at);
    const { kind, reason } = request;
    const actor = caller.principal;
    const order: Order = { id: newOrderId(), epoch: 0, kind, tenant, selector, mode, untilAt, actor, reason, at };
    const plan = planOf(order);
    if (session) await this.#check(order, session);
    if (request.dry_run) return { reply: await this.#rehearse(plan), records: [] };
    return this.carryOut(plan, { order, idempotencyKey, session, lifted: [] });
  }

  /** From here on the order is given: Postgres, store, stream and bell, answers, outcome. */
  async carryOut(plan: Plan, entry: Entry): Promise<Given> {
    const { clock, onOrder } = this.#parts;
    const started = clock.monotonic();
    const persisted = await this.#persist(entry);
    if (typeof persisted === 'object') return { reply: orderReplyOfRow(persisted.earlier), records: [] };
    const durable = persisted === 'stored';
    const acks = this.#board.open(plan.order.id);
    const { edges, ...stored } = await this.#enforce(plan);
    const order = { ...plan.order, epoch: stored.enforced.epoch };
    const counted = this.#count(plan, stored.enforced);
    const rung = await this.#ring(order);
    // Answers come over the bus: without it there is nothing to wait for; the edges follow the stream.
    if (rung) await acks.wait(edges, ackWaitMs.value);
    acks.close();
    const received = [...acks.received.values()];
    const outcome: Outcome = {
      dry_run: false,
      sessions: await counted,
      exchanges_cut: received.reduce((sum, ack) => sum + ack.exchangesCut, 0),
      edges: {
        acked: received.length,
        of: new Set([...edges, ...acks.received.keys()]).size,
        missing: edges.filter((edge) => !acks.received.has(edge)),
      },
      elapsed_ms: Math.round((clock.monotonic() - started) * 100) / 100,
      durable,
      enforced: stored.ok,
    };
    const reply = orderReplyOf(order, outcome);
    await this.#complete(entry, reply, order.kind === 'kill' ? stored.enforced.records : []);
    onOrder(reply, stored.enforced.records);
    return { reply, records: stored.enforced.records };
  }

  /** What the state table would refuse, or what would not help, is said before anything is written. */
  async #check(order: Order, session: SessionRecord): Promise<void> {
    const { kind, selector } = order;
    if (kind === 'block' || kind === 'unblock' || selector.scope !== 'session') return;
    const isOver = session.endedAt > 0 && kind !== 'terminate';
    if (isOver || !nextState(session.state, kind)) throw new Fault('conflict', `the session is ${session.state}`);
    if (kind !== 'resume') return;
    const { blocks } = await this.#parts.store.blocks();
    const other = blocks.find((block) => covers(block, session));
    if (other)
      throw new Fault(
        'conflict',
        `block ${other.id} (${other.selector.scope} ${other.selector.id}) still covers it: lift that`,
      );
  }

  async #rehearse(plan: Plan): Promise<OrderReply> {
    const edges = await this.#parts.store.edges();
    const isAll = plan.order.selector.scope === 'all' && plan.order.tenant === '';
    return orderReplyOf(plan.order, {
      dry_run: true,
      sessions: await this.#count(plan, null),
      exchanges_cut: isAll ? edges.reduce((sum, { inflight }) => sum + inflight, 0) : 0,
      edges: { acked: 0, of: edges.length, missing: [] },
      elapsed_ms: 0,
      durable: false,
      enforced: false,
    });
  }

  async #persist(entry: Entry): Promise<'stored' | 'gone' | { earlier: Parameters<typeof orderReplyOfRow>[0] }> {
    const { ledger, watch, backlog, log } = this.#parts;
    try {
      if (!watch.ok) throw new Fault('database_unavailable');
      const earlier = await within(storeWaitMs.value, 'database_unavailable', ledger.persist(entry));
      if (!earlier) return 'stored';
      if (!earlier.result) throw new Fault('conflict', 'the order with this Idempotency-Key is being carried out');
      return { earlier };
    } catch (error) {
      if (!isFault(error) || error.code !== 'database_unavailable') throw error;
      watch.missed();
      backlog.add(entry);
      log.warn('order_without_database', { order: entry.order.id, error });
      return 'gone';
    }
  }

  async #enforce(plan: Plan): Promise<{ enforced: Enforced; ok: boolean; edges: readonly string[] }> {
    const { store, clock, log } = this.#parts;
    try {
      const work = Promise.all([enforce(store, plan), store.edges()]);
      const [enforced, edges] = await within(storeWaitMs.value * 2, 'store_unavailable', work);
      if (!enforced.changed) log.info('order_changed_nothing', { order: plan.order.id });
      const oldest = clock.now() - EDGE_FRESH_MS;
      return { enforced, ok: true, edges: edges.filter(({ at }) => at >= oldest).map(({ edge }) => edge) };
    } catch (error) {
      if (!isStoreGone(error)) throw error;
      log.warn('order_without_store', { order: plan.order.id, error });
      return { enforced: UNENFORCED, ok: false, edges: [] };
    }
  }

  /** The stream for those who miss the bell; the bell for speed. One of them is enough. */
  async #ring(order: Order): Promise<boolean> {
    const { store, bell, installation, log } = this.#parts;
    const signed = signOrder(installation, order);
    const limit = <T>(work: Promise<T>): Promise<T> => within(storeWaitMs.value, 'store_unavailable', work);
    const [stream, rung] = await Promise.allSettled([limit(store.appendOrder(signed)), limit(bell.ringOrder(signed))]);
    if (stream.status === 'rejected') log.warn('order_not_in_stream', { order: order.id, error: stream.reason });
    if (rung.status === 'rejected') log.warn('bell_not_rung', { order: order.id, error: rung.reason });
    return rung.status === 'fulfilled';
  }

  /** Live sessions that the order fits; a number for people, so it never makes the order wait for long. */
  async #count(plan: Plan, enforced: Enforced | null): Promise<number> {
    if (enforced && plan.members.length > 0) return enforced.records.length;
    if (plan.members.length > 0) return plan.members.length;
    const { selector } = plan.order;
    if (selector.scope === 'session') return 1;
    try {
      return (await within(storeWaitMs.value, 'store_unavailable', membersOf(this.#parts.store, plan))).length;
    } catch (error) {
      if (!isStoreGone(error)) throw error;
      return 0;
    }
  }

  async #complete(entry: Entry, reply: OrderReply, killed: readonly SessionRecord[]): Promise<void> {
    const { ledger, backlog, watch, log } = this.#parts;
    const records = killed.filter(({ startedAt }) => startedAt > 0);
    if (!reply.durable) return backlog.settle(entry.order.id, reply, records);
    try {
      await within(storeWaitMs.value, 'database_unavailable', ledger.complete(reply, records));
    } catch (error) {
      // The order stands; the reconciler fills in that it was applied.
      watch.missed();
      log.warn('order_outcome_not_written', { order: entry.order.id, error });
    }
  }
}
