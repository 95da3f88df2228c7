/** The living side of orders: the store's state, the stream and the bell, the edges' answers. */
import { LIMITS, type Order } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import { type Clock, type Installation, type Log, signOrder } from '@elida/kernel';
import type { ControlBell, SessionDirectory } from '../ports.ts';
import { within } from '../record/deadline.ts';
import { AckBoard, type Acks } from './ack-board.ts';
import { type Enforced, enforce, isStoreGone, membersOf } from './enforce.ts';
import type { Plan } from './plan.ts';

export interface ReachParts {
  readonly store: SessionDirectory;
  readonly bell: ControlBell;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Reached {
  readonly enforced: Enforced;
  /** False: the store is gone. */
  readonly ok: boolean;
  /** Live edges: who is to answer. */
  readonly edges: readonly string[];
}

/** An edge that has not beaten for this long is not waited for. */
const EDGE_FRESH_MS = 10_000;
const waitMs = LIMITS.storeWaitMs.value;
const UNENFORCED: Enforced = { epoch: 0, records: [], changed: true };

export class Reach {
  readonly #parts: ReachParts;
  readonly #board = new AckBoard();

  constructor(parts: ReachParts) {
    this.#parts = parts;
    parts.bell.onAck((ack) => this.#board.take(ack));
  }

  /** Before `ring`. */
  expect(orderId: string): Acks {
    return this.#board.open(orderId);
  }

  /** @throws Fault store_unavailable. */
  async liveEdges(): Promise<readonly string[]> {
    const { store, clock } = this.#parts;
    const oldest = clock.now() - EDGE_FRESH_MS;
    return (await store.edges()).filter(({ at }) => at >= oldest).map(({ edge }) => edge);
  }

  async enforce(plan: Plan): Promise<Reached> {
    const { store, log } = this.#parts;
    try {
      const work = Promise.all([enforce(store, plan), this.liveEdges()]);
      const [enforced, edges] = await within(waitMs * 2, 'store_unavailable', work);
      if (!enforced.changed) log.info('order_changed_nothing', { order: plan.order.id });
      return { enforced, ok: true, edges };
    } catch (error) {
      if (!isStoreGone(error)) throw error;
      log.warn('order_without_store', { order: plan.order.id, error });
      return { enforced: UNENFORCED, ok: false, edges: [] };
    }
  }

  /** The stream for those who miss the bell, the bell for speed: one of them is enough. @returns whether the bell rang. */
  async ring(order: Order): Promise<boolean> {
    const { store, bell, installation, log } = this.#parts;
    const signed = signOrder(installation, order);
    const limit = <T>(work: Promise<T>): Promise<T> => within(waitMs, 'store_unavailable', work);
    const [rung, stream] = await Promise.allSettled([limit(bell.ringOrder(signed)), limit(store.appendOrder(signed))]);
    if (stream.status === 'rejected') log.warn('order_not_in_stream', { order: order.id, error: stream.reason });
    if (rung.status === 'rejected') log.warn('bell_not_rung', { order: order.id, error: rung.reason });
    return rung.status === 'fulfilled';
  }

  /** The bell alone: a question that nobody hears is not asked again. */
  async ask(order: Order): Promise<boolean> {
    const { bell, installation } = this.#parts;
    return bell.ringOrder(signOrder(installation, order)).then(
      () => true,
      () => false,
    );
  }

  /** Live sessions that the order fits; a number for people, so it never makes the order wait for long. */
  async count(plan: Plan, enforced: Enforced | null): Promise<number> {
    if (plan.members.length > 0) return (enforced?.records ?? plan.members).length;
    if (plan.order.selector.scope === 'session') return 1;
    try {
      return (await within(waitMs, 'store_unavailable', membersOf(this.#parts.store, plan))).length;
    } catch (error) {
      if (!isStoreGone(error)) throw error;
      return 0;
    }
  }
}

/** @param edges who was to answer; others may have come since. */
export function answersOf(acks: Acks, edges: readonly string[]): Pick<OrderReply, 'exchanges_cut' | 'edges'> {
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
