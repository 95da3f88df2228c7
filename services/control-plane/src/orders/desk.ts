/**
 * Where orders are given. `give` and `carryOut` are the whole way of one, top to bottom: whom, what, the truth that lasts
 * (Postgres), the living state (store), the stream and the bell, the answers, the outcome. Each dependency may be slow or
 * gone; what is left still stops what it can, and the reply says what is missing.
 */
import { LIMITS, type Order, type SessionRecord } from '@elida/contracts';
import type { OrderReply, OrderRequest } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { type Clock, Fault, newOrderId } from '@elida/kernel';
import { nextState } from '@elida/session';
import type { SessionDirectory } from '../ports.ts';
import { soon } from '../record/deadline.ts';
import type { SessionFinder } from '../session-finder.ts';
import type { Acks } from './ack-board.ts';
import type { Books } from './books.ts';
import type { Entry } from './ledger.ts';
import { covers, type Plan, planOf } from './plan.ts';
import type { Reach } from './reach.ts';
import { type Outcome, orderReplyOf, orderReplyOfRow } from './rows.ts';
import { whomOf } from './whom.ts';
import { type WindowDefaults, windowOf } from './window.ts';

const SLOW_DATABASE_MS = 100;

export interface DeskParts {
  readonly store: SessionDirectory;
  readonly finder: SessionFinder;
  readonly books: Books;
  readonly reach: Reach;
  readonly clock: Clock;
  readonly windows: WindowDefaults;
  readonly onOrder: (reply: OrderReply, records: readonly SessionRecord[]) => void;
}

export class Desk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** @throws Fault not_found, not_allowed, ambiguous, invalid, conflict. */
  async give(request: OrderRequest, caller: Caller, idempotencyKey = ''): Promise<OrderReply> {
    const { store, finder, clock, windows } = this.#parts;
    const { selector, tenant, session } = await whomOf(store, finder, request, caller);
    const at = clock.now();
    const { mode, untilAt } = windowOf(request, windows, at);
    const { kind, reason } = request;
    const actor = caller.principal;
    const order: Order = { id: newOrderId(), epoch: 0, kind, tenant, selector, mode, untilAt, actor, reason, at };
    const plan = planOf(order);
    const earlier = idempotencyKey === '' ? null : await this.#parts.books.earlier(order, idempotencyKey);
    if (earlier) return orderReplyOfRow(earlier);
    if (session) await this.#check(order, session);
    if (request.dry_run) return this.#rehearse(plan);
    return this.carryOut(plan, { order, idempotencyKey, session, lifted: [] });
  }

  /** From here on the order is given: Postgres, store, stream and bell, answers, outcome. */
  async carryOut(plan: Plan, entry: Entry): Promise<OrderReply> {
    const { books, reach, clock, onOrder } = this.#parts;
    const started = clock.monotonic();
    const persisting = books.persist(entry);
    // The truth first; but nobody runs on for longer than this because a database is slow.
    const early = await soon(persisting, SLOW_DATABASE_MS);
    if (early?.earlier) return orderReplyOfRow(early.earlier);

    const acks = reach.expect(plan.order.id);
    const { enforced, ok, edges } = await reach.enforce(plan);
    const order = { ...plan.order, epoch: enforced.epoch };
    const counted = reach.count(plan, ok ? enforced : null);
    const rung = await reach.ring(order);
    // Answers come over the bus: without it there is nothing to wait for; the edges follow the stream.
    if (rung) await acks.wait(edges, LIMITS.ackWaitMs.value);
    acks.close();

    const persisted = early ?? (await persisting);
    if (persisted.earlier) return orderReplyOfRow(persisted.earlier);
    const outcome: Outcome = {
      dry_run: false,
      sessions: await counted,
      ...answersOf(acks, edges),
      elapsed_ms: elapsedSince(started, clock),
      durable: persisted.durable,
      enforced: ok,
    };
    const reply = orderReplyOf(order, outcome);
    await books.complete(reply, order.kind === 'kill' ? enforced.records : []);
    onOrder(reply, enforced.records);
    return reply;
  }

  /** What the state table would refuse, or what would not help, is said before anything is written. */
  async #check({ kind, selector }: Order, session: SessionRecord): Promise<void> {
    if (kind === 'block' || kind === 'unblock' || kind === 'count' || selector.scope !== 'session') return;
    const isOver = session.endedAt > 0 && kind !== 'terminate';
    if (isOver || !nextState(session.state, kind)) throw new Fault('conflict', `the session is ${session.state}`);
    if (kind !== 'resume') return;
    const { blocks } = await this.#parts.store.blocks();
    const other = blocks.find((block) => covers(block, session));
    if (!other) return;
    const what = `${other.selector.scope} ${other.selector.id}`.trim();
    throw new Fault('conflict', `block ${other.id} (${what}) still covers the session: lift that`);
  }

  /** Asks the edges what they have running; writes nothing, changes nothing. */
  async #rehearse(plan: Plan): Promise<OrderReply> {
    const { reach, clock } = this.#parts;
    const started = clock.monotonic();
    const acks = reach.expect(plan.order.id);
    const edges = await reach.liveEdges();
    if (await reach.ask({ ...plan.order, kind: 'count' })) await acks.wait(edges, LIMITS.ackWaitMs.value);
    acks.close();
    const sessions = await reach.count(plan, null);
    const answered = { ...answersOf(acks, edges), elapsed_ms: elapsedSince(started, clock) };
    return orderReplyOf(plan.order, { dry_run: true, sessions, ...answered, durable: false, enforced: false });
  }
}

const elapsedSince = (started: number, clock: Clock): number => Math.round((clock.monotonic() - started) * 100) / 100;

function answersOf(acks: Acks, edges: readonly string[]): Pick<Outcome, 'exchanges_cut' | 'edges'> {
  const received = [...acks.received.values()];
  return {
    exchanges_cut: received.reduce((sum, ack) => sum + ack.exchangesCut, 0),
    edges: {
      acked: received.length,
      of: new Set([...edges, ...acks.received.keys()]).size,
      missing: edges.filter((edge) => !acks.received.has(edge)),
    },
  };
}
