/** Who has answered an order. Opened before the bell rings: an answer may be quicker than the call that asks for it. */
import type { Ack } from '@elida/contracts';

export interface Acks {
  /** Resolves when all of `edges` have answered, or after `ms`. */
  wait(edges: readonly string[], ms: number): Promise<void>;
  readonly received: ReadonlyMap<string, Ack>;
  close(): void;
}

interface Entry {
  readonly received: Map<string, Ack>;
  onAck: () => void;
}

export class AckBoard {
  readonly #entries = new Map<string, Entry>();

  take(ack: Ack): void {
    const entry = this.#entries.get(ack.orderId);
    // The stream and the bell may both have reached an edge: the answer that cut something counts.
    if (!entry || (entry.received.get(ack.edge)?.exchangesCut ?? -1) >= ack.exchangesCut) return;
    entry.received.set(ack.edge, ack);
    entry.onAck();
  }

  open(orderId: string): Acks {
    const entry: Entry = { received: new Map(), onAck: () => {} };
    this.#entries.set(orderId, entry);
    return {
      received: entry.received,
      close: () => this.#entries.delete(orderId),
      wait: (edges, ms) =>
        new Promise((resolve) => {
          const complete = (): boolean => edges.every((edge) => entry.received.has(edge));
          if (complete()) return resolve();
          const timer = setTimeout(resolve, ms);
          entry.onAck = () => {
            if (!complete()) return;
            clearTimeout(timer);
            resolve();
          };
        }),
    };
  }
}
