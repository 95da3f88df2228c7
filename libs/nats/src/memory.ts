/** The doorbell inside one process (standalone): the same promises as over NATS, one contract suite (test/contract/bell). */
import type { Ack, AuditEvent, Order } from '@elida/contracts';
import { type Installation, type Log, silentLog, verifyOrder } from '@elida/kernel';
import { type Bell, Listeners } from './bell.ts';

export interface MemoryBellOptions {
  readonly installation: Installation;
  readonly log?: Log;
}

export function createMemoryBell({ installation, log = silentLog }: MemoryBellOptions): Bell {
  const orders = new Listeners<Order>(log);
  const snapshots = new Listeners<{ version: number; hash: string }>(log);
  const acks = new Listeners<Ack>(log);
  const events = new Listeners<AuditEvent>(log);
  let open = true;
  // As over a wire: whoever rings never runs the handlers' code inside its own call.
  const deliver = <T>(listeners: Listeners<T>, value: T): void =>
    queueMicrotask(() => {
      if (open) listeners.call(value);
    });
  const gone = (): Promise<never> => Promise.reject(new Error('the bell is closed'));

  return {
    onOrder: (handler) => orders.add(handler),
    onSnapshot: (handler) => snapshots.add(({ version, hash }) => handler(version, hash)),
    ack: (ack) => deliver(acks, ack),
    live: (event) => deliver(events, event),
    ringOrder(signed) {
      if (!open) return gone();
      const order = verifyOrder(installation, signed);
      if (order) deliver(orders, order);
      else log.warn('forged_order_dropped', {});
      return Promise.resolve();
    },
    ringSnapshot(version, hash) {
      if (!open) return gone();
      deliver(snapshots, { version, hash });
      return Promise.resolve();
    },
    onAck: (handler) => acks.add(handler),
    onLive: (handler) => events.add(handler),
    connected: () => open,
    close() {
      open = false;
      return Promise.resolve();
    },
  };
}
