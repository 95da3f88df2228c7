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

/** One request and its reply, or one socket, as the edge saw it. */
export interface ExchangeData {
  readonly exchange: string;
  /** `completed`, `refused`, `cut`, `failed`, `caller_gone`. */
  readonly outcome: string;
  /** The fault's code; empty where there was none. */
  readonly code: string;
  /** HTTP status that the client saw; 0: none. */
  readonly status: number;
  readonly method: string;
  /** Without the query: credentials travel in queries. */
  readonly path: string;
  readonly dialect: string;
  readonly model: string;
  /** An event stream was asked for. */
  readonly streamed: boolean;
  readonly backend: string;
  readonly principal: string;
  readonly agent: string;
  readonly client: string;
  /** `name@version`; empty: none fitted. */
  readonly policy: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
  /** Arrival to the first byte of the reply's body; 0: none came. */
  readonly ttft_ms: number;
  /** Our own part of the time before the request went out; 0: it did not. */
  readonly own_ms: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly tool_calls: number;
  /** Of its request and its reply, known ones included. */
  readonly findings: number;
  /** How the reply ended, in the words of libs/dialects; empty: it did not say. */
  readonly finish: string;
  /** The rule that ended the reply; empty: none did. */
  readonly stopped_by: string;
  /** Arrival to the request's handing over to the provider, waits included; 0: it was not. */
  readonly sent_ms: number;
  /** W3C Trace Context as the caller told it, and the trace that was begun where it told none; empty: there is none. */
  readonly trace_id: string;
  /** The caller's span; empty: none. */
  readonly parent_span_id: string;
  readonly trace_flags: number;
}

/** Numbers `from_seq` to `to_seq`, both of them, of a producer. */
export interface GapData {
  readonly producer: string;
  readonly from_seq: number;
  readonly to_seq: number;
  /**
   * `missing`: later ones came, these did not. `closed`: they came after all. `overflow`, `spool_lost`: the producer says
   * so itself. `rolled_back`: of leaves of a log, whose database is older than what was signed.
   */
  readonly reason: string;
}

/** Tokens of one exchange, in the convention of TokenCounts. */
export interface TokensData {
  readonly exchange: string;
  readonly backend: string;
  readonly dialect: string;
  readonly model: string;
  readonly agent: string;
  readonly principal: string;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
  /** The provider told nothing: counted by characters. */
  readonly estimated: boolean;
  /** Billed beside the reply's own usage, which has an event of its own: no exchange more. Absent: the reply's. */
  readonly aside?: true;
}

/** A call that the model made: who called what. */
export interface ToolCalledData {
  /** Also `request_id` in the seeds' history. */
  readonly exchange: string;
  readonly tool_name: string;
  readonly namespace: string;
  readonly tool_call_id: string;
  readonly kind: string;
  /** Redacted, at most 2,048 characters. */
  readonly arguments: string;
  readonly backend: string;
  readonly model: string;
  readonly agent: string;
}

export interface ViolationData {
  readonly exchange: string;
  readonly policy: string;
  readonly rule_name: string;
  readonly description: string;
  /** The rule's own; the event's `severity` is the effective one. */
  readonly rule_severity: string;
  readonly effective_severity: string;
  /** Whose words: user, tool, assistant, system, session. */
  readonly source_role: string;
  readonly side: 'request' | 'response' | 'session';
  /** Index in the list of messages; −1 where there is none. */
  readonly message_index: number;
  readonly place: string;
  /** UTF-16 offsets of the first match in its text; −1 where nothing was matched. */
  readonly match_start: number;
  readonly match_end: number;
  readonly hits: number;
  /** Redacted, at most 200 characters. */
  readonly matched_text: string;
  /** What was measured, of counters and characters. */
  readonly value: number | null;
  readonly category: string;
  readonly owasp_llm_2025: readonly string[];
  readonly owasp_llm_v1_1: readonly string[];
  readonly mitre_atlas: readonly string[];
  /** What the rule asks for. */
  readonly action: string;
  readonly observe: boolean;
  /** False in audit mode. */
  readonly enforced: boolean;
  /** What it added to the ladder. */
  readonly points: number;
  readonly backend: string;
  readonly model: string;
  readonly agent: string;
}

/** A rule or the ladder acted, or (audit mode) would have. */
export interface PolicyActionData {
  readonly exchange: string;
  readonly policy: string;
  readonly source: 'rule' | 'ladder';
  readonly action: string;
  /** What enforcing would have done; `action` itself where it was enforced. */
  readonly would: string;
  readonly enforced: boolean;
  /** The deciding rule; empty of the ladder. */
  readonly rule_name: string;
  readonly reason: string;
  /** LadderStep of libs/policy: every number that made the score. Of the ladder only: one event whenever points were added. */
  readonly arithmetic?: Readonly<Record<string, unknown>>;
}

/** Request and reply of an exchange are kept, sealed, apart from the events. */
export interface CaptureData {
  readonly capture: string;
  readonly exchange: string;
  /** Of the capture_mode: `flagged` (a rule found something), `all`. */
  readonly reason: 'flagged' | 'all';
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly truncated: boolean;
  /** A rule ended the reply: more is kept than the client got. */
  readonly withheld: boolean;
  /** Messages of a WebSocket. */
  readonly frames: number;
  /** Of the installation secret that it is sealed under. */
  readonly kid: string;
  /** SHA-256 of the sealed bytes, in hex: so the log vouches for them. */
  readonly sealed_sha256: string;
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
  tokens_used: TokensData;
  tool_called: ToolCalledData;
  violation_detected: ViolationData;
  policy_action: PolicyActionData;
  capture_recorded: CaptureData;
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
  audit_gap: GapData;
  retention_applied: {
    /** The last one that went. */
    readonly day: string;
    /** Leaves whose bytes went; their hashes stay. */
    readonly leaves: number;
    readonly tenant: string;
  };
}

type Complete = Record<EventType, unknown>;
/** A type of event without its data does not compile. */
export type AnyEventData = (EventData & Complete)[EventType];
