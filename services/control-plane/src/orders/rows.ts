/** Orders and blocks between plain data, rows and the API. Pure. */
import type { Block, EventType, Order } from '@elida/contracts';
import { type BlockView, type OrderReply, toInstant, toInstantOrNull } from '@elida/contracts/api';
import { type BlocksTable, type ControlOrdersTable, toJsonb } from '@elida/postgres';
import type { EventData } from '@elida/record';
import type { Insertable, Selectable } from 'kysely';

export type OrderRow = Selectable<ControlOrdersTable>;
export type BlockRow = Selectable<BlocksTable>;

const timeOrNull = (ms: number): Date | null => (ms === 0 ? null : new Date(ms));

/** `members` are kept with the block, not shown. */
export const orderRow = (order: Order, idempotencyKey: string): Insertable<ControlOrdersTable> => ({
  id: order.id,
  idempotency_key: idempotencyKey || null,
  kind: order.kind,
  tenant: order.tenant,
  selector: toJsonb(order.selector),
  mode: order.mode,
  until_at: timeOrNull(order.untilAt),
  actor: order.actor,
  reason: order.reason,
  at: new Date(order.at),
  applied_at: null,
  result: null,
});

export const orderOfRow = (row: OrderRow): Order => ({
  id: row.id,
  epoch: 0,
  kind: row.kind,
  tenant: row.tenant,
  selector: row.selector,
  mode: row.mode,
  untilAt: row.until_at?.getTime() ?? 0,
  actor: row.actor,
  reason: row.reason,
  at: row.at.getTime(),
});

const EFFECTS: Readonly<Partial<Record<Order['kind'], BlocksTable['effect']>>> = {
  kill: 'refuse',
  block: 'refuse',
  hold: 'hold',
  terminate: 'terminate',
};

/** @returns null where the order leaves nothing standing. */
export function blockRow(order: Order): Insertable<BlocksTable> | null {
  const effect = EFFECTS[order.kind];
  if (!effect) return null;
  return {
    id: order.id,
    tenant: order.tenant,
    effect,
    selector: toJsonb(order.selector),
    mode: order.mode,
    until_at: timeOrNull(order.untilAt),
    actor: order.actor,
    reason: order.reason,
    at: new Date(order.at),
    lifted_at: null,
    lifted_by: null,
  };
}

/** A row as it stands in the wide table: a terminate there is a refusal without end. */
export const blockOfRow = (row: BlockRow): Block => ({
  id: row.id,
  effect: row.effect === 'hold' ? 'hold' : 'refuse',
  tenant: row.tenant,
  selector: row.selector,
  mode: row.mode,
  untilAt: row.until_at?.getTime() ?? 0,
  actor: row.actor,
  reason: row.reason,
  at: row.at.getTime(),
});

export const blockViewOf = (row: BlockRow, now: number): BlockView => ({
  id: row.id,
  effect: row.effect,
  selector: { scope: row.selector.scope, id: row.selector.id },
  tenant: row.tenant,
  mode: row.mode,
  until: row.until_at ? row.until_at.toISOString() : null,
  reason: row.reason,
  actor: row.actor,
  at: row.at.toISOString(),
  active: row.lifted_at === null && (row.until_at === null || row.until_at.getTime() > now),
  lifted_at: row.lifted_at?.toISOString() ?? null,
  lifted_by: row.lifted_by,
});

export type Outcome = Pick<
  OrderReply,
  'dry_run' | 'sessions' | 'exchanges_cut' | 'edges' | 'elapsed_ms' | 'durable' | 'enforced'
>;

const NOTHING_YET: Outcome = {
  dry_run: false,
  sessions: 0,
  exchanges_cut: 0,
  edges: { acked: 0, of: 0, missing: [] },
  elapsed_ms: 0,
  durable: true,
  enforced: false,
};

export const orderReplyOf = (order: Order, outcome: Outcome = NOTHING_YET): OrderReply => ({
  order_id: order.id,
  // A `count` is a question, never an order that somebody gave.
  kind: order.kind as OrderReply['kind'],
  selector: { scope: order.selector.scope, id: order.selector.id },
  tenant: order.tenant,
  mode: order.mode,
  until: toInstantOrNull(order.untilAt),
  reason: order.reason,
  actor: order.actor,
  at: toInstant(order.at),
  ...outcome,
});

/** Of an order that was carried out, what it did; of one that was not yet, nothing. */
export function orderReplyOfRow(row: OrderRow): OrderReply {
  const { sessions, exchanges_cut, edges, elapsed_ms, durable, enforced } = (row.result ?? {
    ...NOTHING_YET,
    enforced: row.applied_at !== null,
  }) as Outcome;
  const outcome = { dry_run: false, sessions, exchanges_cut, edges, elapsed_ms, durable, enforced };
  return orderReplyOf(orderOfRow(row), outcome);
}

export const ORDER_EVENTS = {
  kill: 'kill_requested',
  hold: 'hold_requested',
  resume: 'resume_requested',
  terminate: 'terminate_requested',
  end: 'end_requested',
  block: 'block_set',
} as const satisfies Readonly<Partial<Record<Order['kind'], EventType>>>;

export const orderData = (order: Order): EventData['kill_requested'] => ({
  order: order.id,
  scope: order.selector.scope,
  target: order.selector.id,
  mode: order.mode,
  until: order.untilAt === 0 ? '' : toInstant(order.untilAt),
  actor: order.actor,
  reason: order.reason,
});
