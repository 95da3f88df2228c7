/**
 * Orders arrive twice, by doorbell and by the store's stream, and are carried out once: what runs is cut, what is held looks
 * again, what is wide reads the block table anew. The acknowledgement says what was cut here.
 */
import type { FaultCode, Order, OrderKind } from '@elida/contracts';
import { type Clock, Fault, type Installation, isFault, type Log, verifyOrder } from '@elida/kernel';
import type { BlockTable } from './block-table.ts';
import type { ExchangeRegistry } from './exchange-registry.ts';
import type { HoldRoom } from './hold-room.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { Doorbell, SessionGate } from './ports.ts';
import type { Recorder } from './recorder.ts';

const SEEN_MAX = 4_096;
const FOLLOW_AGAIN_MS = 500;

/** Which orders end what runs, and what the caller is told. */
const CUTS: Readonly<Partial<Record<OrderKind, FaultCode>>> = {
  kill: 'session_killed',
  terminate: 'session_terminated',
  end: 'session_ended',
  block: 'blocked',
};

const SAID: Readonly<Partial<Record<OrderKind, string>>> = {
  kill: 'The session was killed',
  terminate: 'The session was terminated',
  end: 'The session ended',
  block: 'The caller is blocked',
};

export interface OrderParts {
  readonly edge: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly installation: Installation;
  readonly doorbell: Doorbell;
  readonly sessions: SessionGate;
  readonly registry: ExchangeRegistry;
  readonly blocks: BlockTable;
  readonly holds: HoldRoom;
  readonly recorder: Recorder;
  readonly metrics: EdgeMetrics;
}

export class Orders {
  readonly #parts: OrderParts;
  readonly #seen = new Set<string>();

  constructor(parts: OrderParts) {
    this.#parts = parts;
    parts.doorbell.onOrder((order) => this.apply(order));
  }

  /** Follows the store's stream until `signal`; a stream that breaks is taken up again. */
  async follow(signal: AbortSignal): Promise<void> {
    const { sessions, installation, log } = this.#parts;
    while (!signal.aborted) {
      try {
        await sessions.followOrders((signed) => {
          const order = verifyOrder(installation, signed);
          if (order === null) log.warn('order_refused', { reason: 'not signed by this installation' });
          else this.apply(order);
        }, signal);
      } catch (error) {
        if (!signal.aborted) log.warn('order_stream_lost', { error });
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, FOLLOW_AGAIN_MS).unref());
    }
  }

  apply(order: Order): void {
    if (!this.#isNew(order.id)) return;
    const { doorbell, edge, registry, holds, clock, metrics } = this.#parts;
    if (order.kind === 'count') {
      const { exchanges, sessions } = registry.count(order.tenant, order.selector);
      doorbell.ack({ orderId: order.id, edge, exchangesCut: exchanges, sessions });
      return;
    }
    const code = CUTS[order.kind];
    const cut =
      code === undefined
        ? { exchanges: 0, sessions: [] }
        : registry.cut(order.tenant, order.selector, new Fault(code, toldOf(order)));
    doorbell.ack({ orderId: order.id, edge, exchangesCut: cut.exchanges, sessions: cut.sessions });
    metrics.orderAck.observe({}, Math.max(0, clock.now() - order.at) / 1_000);
    if (cut.exchanges > 0) this.#record(order, cut);
    // A session's own order lies in its own key; everything wider in the table.
    if (order.selector.scope !== 'session') this.#catchUp();
    holds.wakeAll();
  }

  #record(order: Order, cut: { exchanges: number; sessions: readonly string[] }): void {
    for (const session of cut.sessions) {
      this.#parts.recorder.record({
        tenant: order.tenant || 'default',
        type: 'kill_applied',
        session,
        incarnation: 0,
        severity: 'warning',
        said: { reason: order.reason },
        data: {
          order: order.id,
          kind: order.kind,
          scope: order.selector.scope,
          actor: order.actor,
          exchanges_cut: cut.exchanges,
          elapsed_ms: Math.max(0, this.#parts.clock.now() - order.at),
        },
      });
    }
  }

  #catchUp(): void {
    const { blocks, holds, log } = this.#parts;
    blocks.catchUp().then(
      () => holds.wakeAll(),
      (error: unknown) => {
        if (!isFault(error) || error.code !== 'store_unavailable') log.error('blocks_unread', { error });
      },
    );
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(this.#seen.values().next().value as string);
    return true;
  }
}

const toldOf = ({ kind, reason }: Order): string => {
  const said = SAID[kind] ?? 'The exchange was ended';
  return reason === '' ? said : `${said}: ${reason}`;
};
