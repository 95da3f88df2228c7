/** One exchange while it runs: what is known of it so far, and how it can be cut. One object, one shape, no closures. */
import type { FaultCode, TokenCounts } from '@elida/contracts';
import { type AsideUsage, DIALECTS, type Dialect, type FinishReason, type ToolCall } from '@elida/dialects';
import { type Fault, newExchangeId } from '@elida/kernel';
import { type EnterReply, UNWATCHED } from '@elida/session';
import type { Capture } from './capture/capture.ts';
import type { ExchangeRegistry, Running } from './exchange-registry.ts';
import type { LateEstimate } from './late-estimate.ts';
import type { Identity } from './stages/identify.ts';
import type { TraceContext } from './stages/trace-context.ts';
import type { EdgePolicy } from './tables/edge-policy.ts';

/**
 * `completed`: the reply was handed over whole · `refused`: answered by the edge · `cut`: ended by an order or a drain ·
 * `failed`: the provider broke off, before or in mid-reply · `caller_gone`: nobody was left to answer.
 */
export type Outcome = 'completed' | 'refused' | 'cut' | 'failed' | 'caller_gone';

/** What `enter` told of the session for the policy. */
export type Seen = Pick<EnterReply, keyof typeof UNWATCHED>;

/** What runs on this edge. */
export type RunningExchanges = ExchangeRegistry<RunningExchange>;

const NOBODY: Identity = {
  tenant: '',
  principal: '',
  sid: '',
  hintKind: '',
  displayName: '',
  parent: '',
  root: '',
  agent: '',
  workflow: '',
  tags: {},
  backend: '',
};

/** Calls of one reply that are kept; a model makes a handful at a time. */
const TOOL_CALLS_MAX = 256;

/** The stage that can end what runs. (An object: a closure kept here made V8 promote whole requests.) */
export interface Cuttable {
  onCut(fault: Fault): void;
}

export class RunningExchange implements Running {
  slot = -1;
  readonly id = newExchangeId();
  /** Monotonic ms. */
  readonly startedAt: number;
  readonly method: string;
  readonly path: string;
  dialect: Dialect = DIALECTS.plain;
  whose: Identity = NOBODY;
  clientAddress = '';
  model = '';
  /** The request asks for an event stream. */
  streams = false;
  /** A hold has begun an event stream before the provider was asked. */
  committed = false;
  /** 0: it never entered a session (refused before, or the store is gone in failure mode open). */
  incarnation = 0;
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Of this exchange, what the store has been told already. */
  settledRequests = 0;
  settledBytesOut = 0;
  /** Its events have a place in the record (Ledger.promise). */
  recordPromised = false;
  /** Bytes of the request body that are counted against the edge's budget. */
  bufferedBytes = 0;
  /** Ms spent waiting for others before the request went out: the caller's body, a hold. Not our own time. */
  waitedMs = 0;
  /** Monotonic ms: request handed to the provider's pool; first byte of the reply's body. 0: not yet. */
  forwardedAt = 0;
  firstByteAt = 0;
  /** The base policy; null: nothing is inspected, only metered. It stays the same while the exchange runs. */
  policy: EdgePolicy | null = null;
  /** Of the first `enter`, before anything that happens while the exchange waits. */
  seen: Seen = UNWATCHED;
  /** The request's body as parsed, where its provider may not tell its usage; undefined otherwise, so that it is not kept. */
  unmetered: unknown = undefined;
  /** Of what the reply writes, as it comes, where its provider may not tell its usage, or be cut off before it does. */
  estimate: LateEstimate | null = null;
  /** As the reply told it, the greatest of each; null: it told none. `estimated` is what no provider told. */
  usage: TokenCounts | null = null;
  /** What the provider bills beside it, as the reply told it last: no client counts it as this reply's. */
  aside: readonly AsideUsage[] = [];
  /** We asked for the usage that the client did not ask for: the event that carries nothing else is not for it. */
  stripUsage = false;
  /** That the reply made, each once, in their order; at most TOOL_CALLS_MAX. */
  readonly toolCalls: ToolCall[] = [];
  finish: FinishReason | '' = '';
  /** Findings of the request and the reply, known ones included. */
  findings = 0;
  /** A rule ended the reply (`block`): which one, and what the caller was told. */
  stopped: { readonly rule: string; readonly reason: string } | null = null;
  /** Request and reply, while they may be wanted; null: they are not. */
  capture: Capture | null = null;
  outcome: Outcome = 'completed';
  code: FaultCode | '' = '';
  cutBy: Fault | null = null;
  /** That the caller told, or that was begun for the provider. */
  trace: TraceContext | null = null;
  /** The stage that is at work, while it can be ended. */
  cuttable: Cuttable | null = null;

  constructor(method: string, target: string, startedAt: number) {
    this.method = method;
    const query = target.indexOf('?');
    // A query may carry a key (Gemini): it is never recorded.
    this.path = query < 0 ? target : target.slice(0, query);
    this.startedAt = startedAt;
  }

  /** For the record only: `%40` must not hide an address from redaction. */
  get readablePath(): string {
    if (!this.path.includes('%')) return this.path;
    return this.path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }

  cut(fault: Fault): void {
    if (this.cutBy !== null) return;
    this.cutBy = fault;
    this.cuttable?.onCut(fault);
  }

  /** A call that the reply made, once. */
  called(call: ToolCall): void {
    if (this.toolCalls.length < TOOL_CALLS_MAX) this.toolCalls.push(call);
  }

  /** @throws Fault where an order came while a stage was waiting. */
  checkNotCut(): void {
    if (this.cutBy !== null) throw this.cutBy;
  }

  end(outcome: Outcome, code: FaultCode | ''): void {
    this.outcome = outcome;
    this.code = code;
  }
}
