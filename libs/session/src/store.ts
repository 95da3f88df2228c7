/**
 * What a session store does, whoever keeps it: Redis (libs/redis) or memory (memory-store.ts). One contract suite
 * (test/contract/session-store) runs on both. Every call is atomic; the store's own clock decides (Redis TIME).
 */
import type {
  Block,
  EndReason,
  Order,
  RiskState,
  Selector,
  SessionRecord,
  SessionState,
  TokenCounts,
} from '@elida/contracts';

/** What a `rate` rule counts over its sliding window. */
export interface RateWindow {
  readonly metric: 'requests' | 'tokens' | 'tool_calls' | 'bytes';
  readonly windowMs: number;
}

/** A stretch of the ladder in which each request must take a token. */
export interface ThrottleBand {
  /** Scores from `from` on, below `below` (Infinity is 101: the score is at most 100). */
  readonly from: number;
  readonly below: number;
  /** Requests per minute. */
  readonly rate: number;
}

/** What the policy of an exchange wants of the store at `enter`. */
export interface Watch {
  /** Of the ladder; 0: nothing decays. */
  readonly halfLifeMs: number;
  /** Empty: nobody is throttled (no such rung, or not enforced). */
  readonly throttle: readonly ThrottleBand[];
  /** Whether the reply shall carry the session's counters. */
  readonly counters: boolean;
  readonly rates: readonly RateWindow[];
}

/** The session's counters when the exchange began, itself not counted. */
export interface SessionCounts {
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly toolCalls: number;
  /** Distinct tools. */
  readonly toolFanout: number;
  /** ms since the session began, and since anything of it (a request, a settlement) was last seen. */
  readonly ageMs: number;
  readonly idleMs: number;
}

/** A conversation's beginning that has been inspected: its first `count` messages, by their rolling hash. */
export interface InspectedHead {
  readonly count: number;
  /** Of the rule set and the texts (edge: history-hash), at most 32 characters. */
  readonly hash: string;
}

/** One exchange wants to begin. */
export interface EnterRequest {
  readonly sid: string;
  readonly tenant: string;
  readonly principal: string;
  readonly agent: string;
  readonly workflow: string;
  readonly parent: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly hintKind: string;
  readonly displayName: string;
  readonly policy: string;
  readonly backend: string;
  readonly clientAddr: string;
  readonly edge: string;
  readonly idleMs: number;
  readonly lifeMs: number;
  /** Absent: no policy looks at the exchange. */
  readonly watch?: Watch;
}

export interface EnterReply {
  readonly state: SessionState;
  readonly incarnation: number;
  /** True where this call began the incarnation: the caller records `session_started`. */
  readonly started: boolean;
  /** Of a kill or hold: why and until when (0: for good). */
  readonly reason: string;
  readonly untilAt: number;
  /** Epoch of the wide block table; other than the caller's means: catch up (`blocks`) before deciding. */
  readonly blocksEpoch: number;
  /** Of the ladder, decayed to now, at most 100; a session that began now has its principal's. 0 without `watch`, or where it is refused. */
  readonly score: number;
  /** > 0: throttled, no token was there; ms until the next one. */
  readonly retryAfterMs: number;
  /** Null where `watch` did not ask. */
  readonly counts: SessionCounts | null;
  /** In the order of `watch.rates`, this exchange counted (`requests`). */
  readonly rates: readonly number[];
  /** At most LIMITS.inspectedHeadsMax, newest first. */
  readonly inspected: readonly InspectedHead[];
}

/** The part of an `enter` reply that a policy asked for, where none did, or the session refuses. */
export const UNWATCHED = { score: 0, retryAfterMs: 0, counts: null, rates: [], inspected: [] } as const;

/** What one exchange added. Batched: never more than LIMITS.settleSliceMax per call. */
export interface Settlement {
  readonly sid: string;
  readonly incarnation: number;
  readonly backend: string;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `replyKeyOf` the provider's id of the reply, where the wire lets a later request go on from it; the store keeps it REPLY_TTL_MS. */
  readonly replyKey?: string;
  /** With `model`: what the provider counted, or we estimated. */
  readonly tokens?: TokenCounts;
  /** As the caller asked for it; counted with `backend`. */
  readonly model?: string;
  /** Names of the tools that the model called, each call once. */
  readonly toolCalls?: readonly string[];
  /** Sliding windows that count what is in here besides requests (those count at `enter`). */
  readonly rates?: readonly RateWindow[];
  /** Inspected now, and found nothing that stands in the way; takes the place of the head that it goes on from. */
  readonly inspected?: InspectedHead & { readonly replaces: string };
}

/** What was found in one exchange, and what it adds to the ladder. */
export interface FlagRequest {
  readonly sid: string;
  readonly incarnation: number;
  readonly tenant: string;
  readonly principal: string;
  /** Each adds once: of a key that the session remembers nothing is added. Keys: at most 32 characters, hashed texts. */
  readonly findings: readonly { readonly key: string; readonly points: number }[];
  readonly halfLifeMs: number;
}

export interface FlagReply {
  /** Of the findings in their order: whether the session had not seen it. */
  readonly fresh: readonly boolean[];
  /** The session's sum before these. */
  readonly before: RiskState;
  /** Unix ms of the store: when the fresh ones were added. */
  readonly at: number;
}

/** Request and reply of one more exchange are to be kept. */
export interface CaptureRequest {
  readonly sid: string;
  readonly incarnation: number;
  /** Of the incarnation. */
  readonly max: number;
}

/** How long a reply can be gone on from (`previous_response_id`) without any other hint. */
export const REPLY_TTL_MS = 86_400_000;

export interface BlockTable {
  readonly epoch: number;
  readonly blocks: readonly Block[];
}

export interface EdgeHeartbeat {
  readonly edge: string;
  readonly url: string;
  readonly snapshotVersion: number;
  readonly inflight: number;
  readonly draining: boolean;
}

/** The edge's face. `StoreUnavailable` is thrown where the store is gone, frozen (storeWaitMs) or not yet rebuilt. */
export interface SessionGate {
  enter(request: EnterRequest): Promise<EnterReply>;
  settle(batch: readonly Settlement[]): Promise<void>;
  /**
   * Counts findings and adds their points to the session and to its principal, each key once, atomically over all edges.
   * Null where the incarnation is over. What was counted stays counted: after a lost answer the same keys are not fresh.
   */
  flag(request: FlagRequest): Promise<FlagReply | null>;
  /**
   * Counts one capture more, unless the incarnation has all that it may: then false, and nothing is counted. Atomically
   * over all edges. Null where the incarnation is over.
   */
  capture(request: CaptureRequest): Promise<boolean | null>;
  /** Keeps sessions with running exchanges from idling out. */
  touch(sids: readonly string[]): Promise<void>;
  blocks(): Promise<BlockTable>;
  /** The session that settled with this reply key; empty where nobody remembers. */
  sessionOfReply(replyKey: string): Promise<string>;
  heartbeat(beat: EdgeHeartbeat): Promise<void>;
  /**
   * Orders as they come, for those who missed the doorbell (≤ 1 s).
   * @param from `now`: from the position where this call began. `kept`: first all that the store still keeps.
   */
  followOrders(onOrder: (signed: Uint8Array) => void, signal: AbortSignal, from?: 'now' | 'kept'): Promise<void>;
  /** True while the store answers and holds the sentinel. */
  available(): boolean;
}

export interface SessionFilter {
  readonly tenant?: string;
  readonly state?: SessionState;
  readonly backend?: string;
  readonly principal?: string;
  readonly agent?: string;
  readonly parent?: string;
  readonly tag?: { readonly key: string; readonly value: string };
  /** Substring of sid, display name, agent or principal. */
  readonly text?: string;
}

export interface SessionPage {
  readonly sessions: readonly SessionRecord[];
  /** Opaque; empty at the end. Newest start first. A page may be short, or empty, before the end (bounded work a call). */
  readonly cursor: string;
}

/** What an order did to one session. */
export interface Applied {
  readonly record: SessionRecord;
  /** False where the state table does not allow it from where the session is (e.g. resume of a terminated one). */
  readonly changed: boolean;
}

/** The control plane's face. */
export interface SessionDirectory {
  get(sid: string): Promise<SessionRecord | null>;
  list(filter: SessionFilter, limit: number, cursor: string): Promise<SessionPage>;
  /** The session and all its descendants, breadth first, at most LIMITS.pageMax. */
  tree(sid: string): Promise<readonly SessionRecord[]>;
  /** Session ids that a display name fits. */
  named(displayName: string, tenant: string): Promise<readonly string[]>;
  counts(tenant: string): Promise<Readonly<Record<SessionState, number>>>;

  /**
   * Applies kill, hold, resume, terminate or end to one session's own key. For an unknown sid and `create`, a kill, hold
   * or terminate makes a record that has not started (`startedAt` 0, `incarnation` of its past or 0) and refuses; else null.
   * The same order (id) again changes nothing. `expectedEpoch`: compare-and-set on the record's epoch.
   */
  applyToSession(sid: string, order: Order, create: boolean, expectedEpoch?: number): Promise<Applied | null>;
  /** Sets or lifts a wide block; returns the table's new epoch. */
  putBlock(block: Block): Promise<number>;
  removeBlock(id: string): Promise<number>;
  blocks(): Promise<BlockTable>;
  /** Appends to the capped order stream: the reconcile path of the doorbell. */
  appendOrder(signed: Uint8Array): Promise<void>;
  followOrders: SessionGate['followOrders'];
  edges(): Promise<readonly (EdgeHeartbeat & { readonly at: number })[]>;

  /**
   * Claims up to `limit` sessions whose deadline (idle, life, end of a kill's window, grace after an end) has passed,
   * under a lease, and ends those that really are due. The records stay until `forget`; a lease that runs out without it
   * gives the same record again. An end has the time at which it was due, however late it is claimed. A session that
   * began anew before its last end was recorded yields both records.
   */
  claimDue(limit: number, leaseMs: number): Promise<readonly SessionRecord[]>;
  /** The end is in Postgres: drop the due entry (a terminated session keeps its tombstone). */
  forget(sid: string, incarnation: number): Promise<void>;

  /** Where the principal stands; a new session of it starts there. */
  principalRisk(tenant: string, principal: string): Promise<RiskState>;

  /** False at first and after a wipe: the control plane rebuilds from Postgres, then calls `markReady`. Until then `enter` and `blocks` throw. */
  isReady(): Promise<boolean>;
  /** Merges: a record falls upon what came since the wipe, but orders given since then stay (no order lifts a terminate). */
  restore(records: readonly SessionRecord[], table: BlockTable): Promise<void>;
  markReady(): Promise<void>;
}

/** Grace between a terminate/complete/end and the record's close, so that the cut exchanges can settle first. */
export const END_GRACE_MS = 2_000;

export type { Block, EndReason, Order, RiskState, Selector };
