/**
 * Orders that were taken while Postgres was gone: written, in order, when it returns. In memory: if this process dies
 * before that, their trace in the audit record is lost (they were answered `durable: false`), their effect is not.
 */
import type { SessionRecord } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import type { Log } from '@elida/kernel';
import type { Entry, Ledger } from './ledger.ts';

interface Item {
  readonly entry: Entry;
  reply: OrderReply | null;
  records: readonly SessionRecord[];
}

const MAX = 10_000;

export class Backlog {
  readonly #items = new Map<string, Item>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#items.size;
  }

  add(entry: Entry): void {
    if (this.#items.size >= MAX) {
      this.#log.error('order_backlog_full', { order: entry.order.id });
      return;
    }
    this.#items.set(entry.order.id, { entry, reply: null, records: [] });
  }

  settle(orderId: string, reply: OrderReply, records: readonly SessionRecord[]): void {
    const item = this.#items.get(orderId);
    if (item) Object.assign(item, { reply, records });
  }

  /** @throws Fault database_unavailable where it is gone again; what was written is not written twice. */
  async flush(ledger: Ledger): Promise<void> {
    for (const [id, { entry, reply, records }] of this.#items) {
      await ledger.persist(entry);
      if (reply) await ledger.complete({ ...reply, durable: true }, records);
      this.#items.delete(id);
      this.#log.info('order_written_late', { order: id });
    }
  }
}
