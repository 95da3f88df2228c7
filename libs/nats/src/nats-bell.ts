/** The doorbell over NATS. Starts whether or not NATS is there. An order is verified before any handler sees it. */
import {
  type Ack,
  type AuditEvent,
  decodeAck,
  decodeLeaf,
  decodeSnapshotDoorbell,
  encodeAck,
  encodeLeaf,
  encodeSnapshotDoorbell,
  type Order,
} from '@elida/contracts';
import { type Installation, type Log, verifyOrder } from '@elida/kernel';
import { type Bell, Listeners } from './bell.ts';
import { NatsLink } from './connection.ts';
import { ACKS, ackSubject, CONTROL, LIVE, liveSubject, SNAPSHOT } from './subjects.ts';

export interface NatsBellOptions {
  /** nats:// or tls://, credentials inside. */
  readonly url: string;
  readonly installation: Installation;
  readonly log: Log;
}

export function createNatsBell({ url, installation, log }: NatsBellOptions): Bell {
  const link = new NatsLink(url, log);
  const orders = new Listeners<Order>(log);
  const snapshots = new Listeners<{ version: number; hash: string }>(log);
  const acks = new Listeners<Ack>(log);
  const events = new Listeners<AuditEvent>(log);

  /** Subscribes with the first handler: an edge does not hear what only the control plane wants. */
  const listen = <T>(
    subject: string,
    listeners: Listeners<T>,
    decode: (payload: Uint8Array) => T | null,
    handler: (value: T) => void,
  ): void => {
    const first = listeners.empty;
    listeners.add(handler);
    if (!first) return;
    link.hear(subject, (payload) => {
      const value = decode(payload);
      if (value !== null) listeners.call(value);
      else log.warn('bell_message_dropped', { subject, bytes: payload.length });
    });
  };
  const event = (payload: Uint8Array): AuditEvent | null => {
    try {
      return decodeLeaf(payload);
    } catch {
      // Not an event that this version knows: `listen` reports it.
      return null;
    }
  };

  return {
    onOrder: (handler) => listen(CONTROL, orders, (payload) => verifyOrder(installation, payload), handler),
    onSnapshot: (handler) =>
      listen(SNAPSHOT, snapshots, decodeSnapshotDoorbell, ({ version, hash }) => handler(version, hash)),
    ack: (ack) => link.tell(ackSubject(ack.orderId), encodeAck(ack)),
    live: (live) => link.tell(liveSubject(live.tenant, live.session), encodeLeaf(live)),
    ringOrder: (signed) => link.hand(CONTROL, signed),
    ringSnapshot: (version, hash) => link.hand(SNAPSHOT, encodeSnapshotDoorbell(version, hash)),
    onAck: (handler) => listen(ACKS, acks, decodeAck, handler),
    onLive: (handler) => listen(LIVE, events, event, handler),
    connected: () => link.connected,
    close: () => link.close(),
  };
}
