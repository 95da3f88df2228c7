/** What the edge needs from the world, in its own words. Adapters fit these; tests pass fakes that pass the contract suites. */
import type { Ack, AuditEvent, Order, Snapshot } from '@elida/contracts';
import type { SessionDirectory, SessionGate } from '@elida/session';

export type { SessionGate };

/**
 * The session store. `get` only where a request names its parent by session id, to see that it is the caller's own; the last
 * two only where a rule or the ladder gives an order.
 */
export type SessionStore = SessionGate & Pick<SessionDirectory, 'get' | 'applyToSession' | 'appendOrder'>;

/** The doorbell (NATS, or in process). Lossy: SessionGate.followOrders is the reconcile path. */
export interface Doorbell {
  /** Verified orders only: a forged one never gets here. */
  onOrder(handler: (order: Order) => void): void;
  onSnapshot(handler: (version: number, hash: string) => void): void;
  ack(ack: Ack): void;
  /** An order that this edge gives. Resolves when handed to the wire; rejects where the bus is gone. */
  ringOrder(signed: Uint8Array): Promise<void>;
  /** Lossy, for the console: `elida.v1.live.<tenant>.<session>`. */
  live(event: AuditEvent): void;
}

/** The control plane as the edge sees it. */
export interface SnapshotSource {
  /** @returns null where `etag` (the snapshot's hash) is still current. @throws where it cannot be reached. */
  fetch(etag: string): Promise<Snapshot | null>;
  /** Key of a backend whose snapshot entry has a keyRef. Held in memory only. @throws where it cannot be had. */
  backendKey(keyRef: string): Promise<string>;
}

/** Takes encoded batches towards the audit worker (BullMQ, or in process). */
export interface AuditQueue {
  /** Rejects where the queue is gone or full: the edge keeps the batch. */
  send(batch: Uint8Array): Promise<void>;
  /** Up to which number the worker has stored all events of a producer. Null: not known, as after a wipe. @throws where the queue is gone. */
  through(producer: string): Promise<number | null>;
  /** Batches that nobody has stored yet. @throws where the queue is gone. */
  waiting(): Promise<number>;
}
