/**
 * Orders that edges gave (a rule, the ladder) made durable: followed on the store's order stream from the oldest that it
 * keeps, so that nothing is lost while no control plane runs, and written once, whichever replica comes first, with what
 * stands, the event and a kill's record. What Postgres does not take stays here and is tried again.
 */
import type { Order, SessionRecord } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import { type Installation, isFault, type Log, verifyOrder } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { Kysely } from 'kysely';
import type { SessionDirectory } from '../ports.ts';
import { pause } from '../record/pause.ts';
import { isStoreGone } from './enforce.ts';
import type { Ledger } from './ledger.ts';
import { orderReplyOf } from './rows.ts';

export interface EdgeOrdersParts {
  readonly db: Kysely<Database>;
  readonly store: Pick<SessionDirectory, 'followOrders' | 'get'>;
  readonly ledger: Pick<Ledger, 'adopt'>;
  readonly installation: Installation;
  readonly log: Log;
  readonly onOrder: (reply: OrderReply, records: readonly SessionRecord[]) => void;
}

const RETRY_MS = 500;
/** As many as the stream keeps. */
const WAITING_MAX = 10_000;
const SLICE = 500;

export class EdgeOrders {
  readonly #parts: EdgeOrdersParts;
  readonly #waiting = new Map<string, Order>();
  #wake = (): void => {};

  constructor(parts: EdgeOrdersParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const following = this.#parts.store.followOrders((signed) => this.#take(signed), signal, 'kept');
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (await this.#adoptAll()) await Promise.race([woken, aborted]);
      else await pause(RETRY_MS, signal);
    }
    await following;
  }

  #take(signed: Uint8Array): void {
    const { installation, log } = this.#parts;
    const order = verifyOrder(installation, signed);
    if (!order) {
      log.warn('order_not_ours', { from: 'stream' });
    } else if (isOfAnEdge(order)) {
      if (this.#waiting.size < WAITING_MAX) this.#waiting.set(order.id, order);
      else log.error('edge_orders_full', { order: order.id });
      this.#wake();
    }
  }

  /** @returns false where some are left. */
  async #adoptAll(): Promise<boolean> {
    try {
      for (let slice = this.#next(); slice.length > 0; slice = this.#next()) {
        const known = await this.#known(slice);
        for (const order of slice) {
          if (!known.has(order.id)) await this.#adopt(order);
          this.#waiting.delete(order.id);
        }
      }
      return true;
    } catch (error) {
      if (!isFault(error)) this.#parts.log.error('edge_orders_failed', { error });
      return false;
    }
  }

  #next(): Order[] {
    return [...this.#waiting.values()].slice(0, SLICE);
  }

  async #known(orders: readonly Order[]): Promise<Set<string>> {
    const ids = orders.map(({ id }) => id);
    const rows = await this.#parts.db.selectFrom('control_orders').select('id').where('id', 'in', ids).execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** @throws Fault database_unavailable. */
  async #adopt(order: Order): Promise<void> {
    const { ledger, log, onOrder } = this.#parts;
    const session = await this.#session(order);
    const stands = session !== null && session.actor === order.actor && session.untilAt === order.untilAt;
    const reply = orderReplyOf(order, {
      ...{ dry_run: false, sessions: 1, exchanges_cut: 0, edges: { acked: 0, of: 0, missing: [] }, elapsed_ms: 0 },
      ...{ durable: true, enforced: stands },
    });
    // Where it does not stand (the edge lost the store in between) the reconciler applies it, unless it is superseded.
    const isNew = await ledger.adopt({ order, idempotencyKey: '', session, lifted: [] }, stands ? reply : null);
    if (!isNew) return;
    log.info('edge_order_written', { order: order.id, kind: order.kind, actor: order.actor });
    onOrder(reply, session ? [session] : []);
  }

  async #session({ selector }: Order): Promise<SessionRecord | null> {
    try {
      return await this.#parts.store.get(selector.id);
    } catch (error) {
      if (!isStoreGone(error)) throw error;
      return null;
    }
  }
}

/** People's orders are in Postgres, or in the backlog of the control plane that took them. */
const isOfAnEdge = ({ actor, kind, selector }: Order): boolean =>
  (actor === 'ladder' || actor.startsWith('rule:')) &&
  (kind === 'kill' || kind === 'terminate') &&
  selector.scope === 'session';
