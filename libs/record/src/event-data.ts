/** What each type of event says, in `data`. Keys are snake_case: they are what the API and exports show. Redacted by the producer. */
import type { EndReason, EventType, SessionState } from '@elida/contracts';

/** An order as the record shows it. */
interface OrderData {
  readonly order: string;
  readonly scope: string;
  readonly target: string;
  readonly mode: string;
  /** RFC 3339; empty: no end. */
  readonly until: string;
  readonly actor: string;
  readonly reason: string;
}

export interface SessionData {
  readonly principal: string;
  readonly agent: string;
  readonly backend: string;
  readonly display_name: string;
  readonly hint_kind: string;
  readonly client_addr: string;
  readonly parent: string;
}

export interface ExchangeData {
  readonly exchange: string;
  readonly method: string;
  /** Without the query: credentials travel in queries. */
  readonly path: string;
  readonly backend: string;
  readonly dialect: string;
  readonly model: string;
  /** HTTP status that the client saw. */
  readonly status: number;
  /** `ok`, or the fault's code. */
  readonly code: string;
  readonly streamed: boolean;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
  /** Our own part of it. */
  readonly overhead_ms: number;
  readonly principal: string;
  readonly agent: string;
}

export interface EventData {
  session_started: SessionData;
  session_ended: SessionData & {
    readonly state: SessionState;
    readonly end_reason: EndReason | '';
    readonly duration_ms: number;
    readonly requests: number;
    readonly bytes_in: number;
    readonly bytes_out: number;
  };
  session_state_changed: { readonly from: string; readonly to: string; readonly reason: string };
  exchange: ExchangeData;
  kill_requested: OrderData;
  kill_applied: { readonly order: string; readonly exchanges_cut: number; readonly reason: string };
  hold_requested: OrderData;
  resume_requested: OrderData;
  terminate_requested: OrderData;
  end_requested: OrderData;
  block_set: OrderData;
  block_lifted: { readonly block: string; readonly actor: string; readonly reason: string };
  policy_published: { readonly version: number; readonly hash: string; readonly author: string; readonly note: string };
  settings_changed: {
    readonly resource: string;
    readonly name: string;
    readonly change: string;
    readonly actor: string;
  };
  key_created: {
    readonly key: string;
    readonly name: string;
    readonly roles: readonly string[];
    readonly actor: string;
  };
  key_revoked: { readonly key: string; readonly actor: string };
  access: { readonly resource: string; readonly actor: string };
  audit_gap: { readonly from_seq: number; readonly to_seq: number; readonly reason: string };
}

type Complete = Record<EventType, unknown>;
/** A type of event without its data does not compile. */
export type AnyEventData = (EventData & Complete)[EventType];
