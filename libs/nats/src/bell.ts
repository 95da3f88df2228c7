/**
 * The doorbell, both ends of it: the edge's face and the control plane's. Whatever carries it is lossy; the order
 * stream of the session store is the reconcile path. Fits `Doorbell` (edge) and `ControlBell` (control plane).
 */
import type { Ack, AuditEvent, Order } from '@elida/contracts';
import type { Log } from '@elida/kernel';

export interface Bell {
  // The edge's side.
  /** Verified orders only. */
  onOrder(handler: (order: Order) => void): void;
  onSnapshot(handler: (version: number, hash: string) => void): void;
  ack(ack: Ack): void;
  live(event: AuditEvent): void;
  // The control plane's side.
  /** Resolves when handed to the wire; rejects where the bus is gone. */
  ringOrder(signed: Uint8Array): Promise<void>;
  ringSnapshot(version: number, hash: string): Promise<void>;
  onAck(handler: (ack: Ack) => void): void;
  onLive(handler: (event: AuditEvent) => void): void;
  connected(): boolean;
  close(): Promise<void>;
}

/** Handlers of one kind. One that throws is reported and does not keep the others from hearing. */
export class Listeners<T> {
  readonly #handlers: ((value: T) => void)[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get empty(): boolean {
    return this.#handlers.length === 0;
  }

  add(handler: (value: T) => void): void {
    this.#handlers.push(handler);
  }

  call(value: T): void {
    for (const handler of this.#handlers) {
      try {
        handler(value);
      } catch (error) {
        this.#log.error('bell_handler_failed', { error });
      }
    }
  }
}
