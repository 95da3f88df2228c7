/**
 * Where orders are given. `give` and `carryOut` are the whole way of one, top to bottom: whom, what, the truth that lasts
 * (Postgres), the living state (store), the stream and the bell, the answers, the outcome. Each dependency may be slow or
 * gone; what is left still stops what it can, and the reply says what is missing.
 */
import { LIMITS, type SessionRecord } from '@elida/contracts';
import type { OrderReply, OrderRequest } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import type { Clock } from '@elida/kernel';
import { soon } from '../record/deadline.ts';
import type { Books } from './books.ts';
import type { Drafter } from './draft.ts';
import type { Entry } from './ledger.ts';
import { type Plan, planOf } from './plan.ts';
import { answersOf, type Reach } from './reach.ts';
import { type Outcome, orderReplyOf, orderReplyOfRow } from './rows.ts';

const SLOW_DATABASE_MS = 100;

export interface DeskParts {
  readonly drafter: Drafter;
  readonly books: Books;
  readonly reach: Reach;
  readonly clock: Clock;
  readonly onOrder: (reply: OrderReply, records: readonly SessionRecord[]) => void;
}

export class Desk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** @throws Fault not_found, not_allowed, ambiguous, invalid, conflict. */
  async give(request: OrderRequest, caller: Caller, idempotencyKey = ''): Promise<OrderReply> {
    const { drafter, books } = this.#parts;
    const draft = await drafter.draft(request, caller);
    const { order, session } = draft;
    const earlier = idempotencyKey === '' ? null : await books.earlier(order, idempotencyKey);
    if (earlier) return orderReplyOfRow(earlier);
    await drafter.check(draft);
    const plan = planOf(order);
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
