/** The session as every part sees it. Living state in Redis, the record of each incarnation in Postgres. */

export const SESSION_STATES = ['active', 'held', 'killed', 'terminated', 'timed_out', 'completed'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Why an incarnation ended. `killed`: the kill's window ran out without a resume. `lost`: the store forgot it, and its record is what the events say. */
export type EndReason = 'idle' | 'max_duration' | 'completed' | 'killed' | 'terminated' | 'lost';

export type BlockMode = 'duration' | 'until' | 'until_hour_change' | 'permanent';

export interface SessionCounters {
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

/** Tokens as the providers counted them. `input` contains `cachedInput` and `cacheWriteInput`; `output` contains `reasoningOutput`. */
export interface TokenCounts {
  input: number;
  cachedInput: number;
  cacheWriteInput: number;
  output: number;
  reasoningOutput: number;
  /** Of `input` and `output` together: what no provider told and we estimated. */
  estimated: number;
}

export const noTokens = (): TokenCounts => ({
  input: 0,
  cachedInput: 0,
  cacheWriteInput: 0,
  output: 0,
  reasoningOutput: 0,
  estimated: 0,
});

/** What a session asked of one model at one backend. */
export interface ModelUse {
  backend: string;
  model: string;
  requests: number;
  tokens: TokenCounts;
}

/** The ladder's stored sum at its time (Unix ms), not capped, not decayed: `scoreAt` of libs/session reads it. */
export interface RiskState {
  readonly score: number;
  readonly at: number;
}

/** One incarnation of a session. Times are Unix milliseconds; the API prints RFC 3339. */
export interface SessionRecord extends SessionCounters {
  sid: string;
  incarnation: number;
  tenant: string;
  principal: string;
  agent: string;
  workflow: string;
  /** Session id of the parent, or empty. Always of the same tenant and principal. */
  parent: string;
  tags: Record<string, string>;
  /** How the session was recognised: `x-session-id`, `claude-code`, `codex`, `client` … */
  hintKind: string;
  /** `client-<8 hex>-<backend>` or the hint's kind: for people; not unique. */
  displayName: string;
  state: SessionState;
  /** Grows with every state change: compare-and-set. */
  epoch: number;
  policy: string;
  /** Backend of the first exchange. */
  backend: string;
  backendsUsed: Record<string, number>;
  tokens: TokenCounts;
  /** Bounded: what is beyond LIMITS.sessionModelsMax counts under the name `…`. */
  models: ModelUse[];
  /** Calls that the models made, by name of the tool. Bounded like `models`. */
  toolCounts: Record<string, number>;
  toolCalls: number;
  /** Findings, each once. */
  violations: number;
  /** Exchanges of which request and reply are kept. */
  captures: number;
  risk: RiskState;
  /** Of the ladder that last added; 0: nothing decays. */
  halfLifeMs: number;
  clientAddr: string;
  edge: string;
  startedAt: number;
  lastAt: number;
  /** 0 while it lives. */
  endedAt: number;
  endReason: EndReason | '';
  /** Standing kill or hold: until when (0: for good), why, by whom. */
  untilAt: number;
  reason: string;
  actor: string;
}

/** A record as an older version wrote it down, whole: of what it did not know yet there is nothing. */
export const wholeRecord = (stored: SessionRecord): SessionRecord => ({
  ...{ models: [], toolCounts: {}, toolCalls: 0, violations: 0, captures: 0, risk: { score: 0, at: 0 }, halfLifeMs: 0 },
  ...stored,
  tokens: { ...noTokens(), ...stored.tokens },
});
