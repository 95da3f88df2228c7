/** Orders as plain data. The wire form is proto/elida/control/v1; `order-codec.ts` goes between. */
import type { BlockMode } from './session.ts';

/** `count` changes nothing: edges say how much a selector fits (dry run). New kinds at the end: the codec counts. */
export const ORDER_KINDS = ['kill', 'hold', 'resume', 'terminate', 'block', 'unblock', 'end', 'count'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

export const SCOPES = ['session', 'tree', 'principal', 'agent', 'tenant', 'backend', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

/** A standing predicate over exchanges. `members`: for `tree`, the sessions known when the order was given. */
export interface Selector {
  readonly scope: Scope;
  readonly id: string;
  readonly members: readonly string[];
}

export interface Order {
  readonly id: string;
  /** Epoch of the wide block table after this order; 0 where one session's own key carries it. */
  readonly epoch: number;
  readonly kind: OrderKind;
  /** Empty: every tenant. */
  readonly tenant: string;
  readonly selector: Selector;
  readonly mode: BlockMode;
  /** Unix ms, 0: no end. */
  readonly untilAt: number;
  readonly actor: string;
  /** Shown to the client. */
  readonly reason: string;
  readonly at: number;
}

/** A row of the wide block table, replicated whole into every edge. */
export interface Block {
  readonly id: string;
  /** `block` and `kill` refuse; `hold` makes wait. */
  readonly effect: 'refuse' | 'hold';
  readonly tenant: string;
  readonly selector: Selector;
  readonly mode: BlockMode;
  readonly untilAt: number;
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

export interface Ack {
  readonly orderId: string;
  readonly edge: string;
  readonly exchangesCut: number;
  readonly sessions: readonly string[];
}
