/**
 * Orders that a rule or the ladder gives: to the session's own key first, so that no edge lets it in again; then what runs is
 * cut, here at once and elsewhere by the doorbell and the order stream, from which the control plane writes it down.
 */
import type { ConfigFile, Order, OrderKind } from '@elida/contracts';
import { type Clock, type Installation, type Log, newOrderId, signOrder } from '@elida/kernel';
import type { Orders } from './orders.ts';
import type { Doorbell, SessionStore } from './ports.ts';

export interface OrderDeskParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly installation: Installation;
  readonly sessions: Pick<SessionStore, 'applyToSession' | 'appendOrder'>;
  readonly doorbell: Pick<Doorbell, 'ringOrder'>;
  readonly orders: Pick<Orders, 'apply'>;
  readonly killBlock: KillBlock;
}

export interface GivenOrder {
  readonly kind: Extract<OrderKind, 'kill' | 'terminate'>;
  readonly tenant: string;
  readonly sid: string;
  /** `rule:<name>` or `ladder`. */
  readonly actor: string;
  /** Shown to the client. */
  readonly reason: string;
}

type KillBlock = ConfigFile['session']['kill_block'];

/** `session.kill_block` where nobody changed it. */
export const KILL_BLOCK: KillBlock = { mode: 'duration', duration: 1_800_000 };

const HOUR_MS = 3_600_000;

/** A rule has no person to say how long. */
function untilOf({ mode, duration }: KillBlock, now: number): number {
  if (mode === 'permanent') return 0;
  return mode === 'duration' ? now + duration : (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
}

export class OrderDesk {
  readonly #parts: OrderDeskParts;

  constructor(parts: OrderDeskParts) {
    this.#parts = parts;
  }

  /** Never rejects: where the store or the bus is gone, what runs here is cut all the same, and the log says the rest. */
  async give({ kind, tenant, sid, actor, reason }: GivenOrder): Promise<void> {
    const { clock, log, installation, sessions, doorbell, orders, killBlock } = this.#parts;
    const at = clock.now();
    const order: Order = {
      ...{ id: newOrderId(), epoch: 0, kind, tenant, selector: { scope: 'session', id: sid, members: [] } },
      ...(kind === 'kill'
        ? { mode: killBlock.mode, untilAt: untilOf(killBlock, at) }
        : { mode: 'permanent' as const, untilAt: 0 }),
      ...{ actor, reason, at },
    };
    const signed = signOrder(installation, order);
    const failed = (where: string) => (error: unknown) =>
      log.error('order_not_given', { order: order.id, where, error });
    await sessions.applyToSession(sid, order, true).catch(failed('session'));
    orders.apply(order);
    await Promise.all([
      sessions.appendOrder(signed).catch(failed('stream')),
      doorbell.ringOrder(signed).catch(failed('doorbell')),
    ]);
  }
}
