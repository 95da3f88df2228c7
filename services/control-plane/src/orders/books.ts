/** The lasting side of orders: Postgres where it is there, else the backlog that is written when it returns. */
import type { Order, SessionRecord } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import { Fault, isFault, type Log } from '@elida/kernel';
import type { DatabaseWatch } from '../record/database-watch.ts';
import { within } from '../record/deadline.ts';
import type { Backlog } from './backlog.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { OrderRow } from './rows.ts';

export interface BooksParts {
  readonly ledger: Ledger;
  readonly backlog: Backlog;
  readonly watch: DatabaseWatch;
  readonly log: Log;
}

export type Persisted =
  | { readonly durable: boolean; readonly earlier?: never }
  /** The order that the same idempotency key gave before. */
  | { readonly earlier: OrderRow };

/** A database that takes longer counts as gone: the order is answered `durable: false` and written when it can be. */
const waitMs = 1_000;

export class Books {
  readonly #parts: BooksParts;

  constructor(parts: BooksParts) {
    this.#parts = parts;
  }

  /**
   * The order that the same key gave before: its repetition is answered, whatever state it has brought about since.
   * @throws Fault conflict as `persist` does.
   */
  async earlier(order: Order, idempotencyKey: string): Promise<OrderRow | null> {
    const { ledger, watch } = this.#parts;
    if (!watch.ok) return null;
    try {
      const row = await within(waitMs, 'database_unavailable', ledger.earlier(order, idempotencyKey));
      return row && settled(row);
    } catch (error) {
      if (!isFault(error) || error.code !== 'database_unavailable') throw error;
      watch.missed();
      return null;
    }
  }

  /** @throws Fault conflict where the idempotency key belongs to another order, or to one that is still under way. */
  async persist(entry: Entry): Promise<Persisted> {
    const { ledger, watch, backlog, log } = this.#parts;
    try {
      if (!watch.ok) throw new Fault('database_unavailable');
      const earlier = await within(waitMs, 'database_unavailable', ledger.persist(entry));
      return earlier ? { earlier: settled(earlier) } : { durable: true };
    } catch (error) {
      if (!isFault(error) || error.code !== 'database_unavailable') throw error;
      watch.missed();
      backlog.add(entry);
      log.warn('order_without_database', { order: entry.order.id, error });
      return { durable: false };
    }
  }

  /** What it did. @param killed their records leave at once. */
  async complete(reply: OrderReply, killed: readonly SessionRecord[]): Promise<void> {
    const { ledger, backlog, watch, log } = this.#parts;
    const records = killed.filter(({ startedAt }) => startedAt > 0);
    if (!reply.durable) return backlog.settle(reply.order_id, reply, records);
    try {
      await within(waitMs, 'database_unavailable', ledger.complete(reply, records));
    } catch (error) {
      // The order stands; the reconciler fills in that it was applied.
      watch.missed();
      log.warn('order_outcome_not_written', { order: reply.order_id, error });
    }
  }
}

function settled(row: OrderRow): OrderRow {
  if (row.result) return row;
  throw new Fault('conflict', 'the order with this Idempotency-Key is being carried out');
}
