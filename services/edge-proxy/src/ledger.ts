/** Opens an exchange first and closes it once, whatever happened: counters, event, metrics. Never throws. */
import { type Clock, Fault } from '@elida/kernel';
import type { ExchangeData } from '@elida/record';
import type { Settlement } from '@elida/session';
import type { ByteBudget } from './byte-budget.ts';
import type { Caller } from './caller.ts';
import type { Captures } from './capture/captures.ts';
import { asideOf, type Metering } from './metering.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { Recorder } from './recorder.ts';
import { RunningExchange, type RunningExchanges } from './running-exchange.ts';
import type { SettleBuffer } from './settle.ts';
import type { Identifier } from './stages/identify.ts';

export interface LedgerParts {
  readonly clock: Clock;
  readonly registry: RunningExchanges;
  readonly settle: SettleBuffer;
  readonly recorder: Recorder;
  readonly metrics: EdgeMetrics;
  readonly identifier: Identifier;
  readonly budget: ByteBudget;
  readonly metering: Metering;
  readonly captures: Captures;
  readonly redact: (text: string) => string;
}

const NONE = {};

export class Ledger {
  readonly #parts: LedgerParts;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  open(caller: Pick<Caller, 'method' | 'target'>): RunningExchange {
    this.#parts.metrics.inflight.add(NONE, 1);
    return new RunningExchange(caller.method, caller.target, this.#parts.clock.monotonic());
  }

  /** All that the exchange will record has its place from here on. @throws Fault audit_unavailable: there is none, and there must be. */
  promise(exchange: RunningExchange, isStrict: boolean): void {
    if (exchange.recordPromised) return;
    exchange.recordPromised = this.#parts.recorder.enter();
    if (isStrict && !exchange.recordPromised) throw new Fault('audit_unavailable');
  }

  close(exchange: RunningExchange, caller: Pick<Caller, 'bytesIn'>): void {
    const { clock, registry, budget } = this.#parts;
    exchange.bytesIn = caller.bytesIn;
    registry.remove(exchange);
    budget.give(exchange.bufferedBytes);
    this.#count(exchange);
    this.#parts.metering.complete(exchange);
    this.#settle(exchange, this.#metered(exchange));
    this.#settleAside(exchange);
    this.#parts.metering.record(exchange);
    this.#record(exchange, clock.monotonic() - exchange.startedAt);
    this.#parts.captures.finish(exchange);
    if (exchange.recordPromised) this.#parts.recorder.leave();
  }

  /** Which session gave this reply; known before the caller can go on from it, so before the reply's end. */
  rememberReply({ whose, incarnation }: RunningExchange, replyId: string): void {
    if (incarnation === 0 || replyId === '') return;
    const { settle, identifier } = this.#parts;
    const { sid, backend } = whose;
    const replyKey = identifier.replyKey(whose, replyId);
    settle.addNow({ sid, incarnation, backend, requests: 0, bytesIn: 0, bytesOut: 0, replyKey });
  }

  /** The conversation as far as it has been inspected: with the next slice, so that the next turn finds it. */
  inspected({ whose, incarnation, model }: RunningExchange, inspected: NonNullable<Settlement['inspected']>): void {
    if (incarnation === 0) return;
    const { sid, backend } = whose;
    this.#parts.settle.add({
      ...{ sid, incarnation, backend, requests: 0, bytesIn: 0, bytesOut: 0, inspected },
      ...(model === '' ? {} : { model: this.#name(model) }),
    });
  }

  #count(exchange: RunningExchange): void {
    const { metrics } = this.#parts;
    const { whose, code, startedAt, forwardedAt, firstByteAt } = exchange;
    const { backend } = whose;
    metrics.inflight.add(NONE, -1);
    metrics.requests.add({ backend, dialect: exchange.dialect.name, outcome: exchange.outcome });
    if (code !== '') metrics.refusals.add({ code });
    metrics.bytes.add(whose, exchange.bytesIn + exchange.bytesOut);
    if (forwardedAt > 0) metrics.overhead.observe(NONE, (forwardedAt - startedAt - exchange.waitedMs) / 1_000);
    if (firstByteAt > 0) metrics.firstByte.observe(whose, (firstByteAt - startedAt) / 1_000);
  }

  /** So that a long stream is seen while it runs: once a second, what has come since. */
  settleRunning(): void {
    for (const exchange of this.#parts.registry.all()) if (exchange.forwardedAt > 0) this.#settle(exchange);
  }

  /** @param metered known when the exchange is over. */
  #settle(exchange: RunningExchange, metered: Partial<Settlement> = NONE): void {
    const { whose, incarnation, bytesIn, model, policy } = exchange;
    if (incarnation === 0) return;
    const { sid, backend } = whose;
    const requests = 1 - exchange.settledRequests;
    const bytesOut = exchange.bytesOut - exchange.settledBytesOut;
    exchange.settledRequests += requests;
    exchange.settledBytesOut += bytesOut;
    if (requests + bytesIn + bytesOut === 0 && metered === NONE) return;
    const rates = policy?.watch?.rates ?? [];
    this.#parts.settle.add({
      ...{ sid, incarnation, backend, requests, bytesIn, bytesOut },
      ...(model === '' ? NONE : { model: this.#name(model) }),
      ...(rates.length === 0 ? NONE : { rates }),
      ...metered,
    });
  }

  /** Tokens of the session like any other, of a model that the caller need not have asked for. */
  #settleAside(exchange: RunningExchange): void {
    const { whose, incarnation, policy } = exchange;
    if (incarnation === 0) return;
    const { sid, backend } = whose;
    const rates = policy?.watch?.rates ?? [];
    for (const [model, tokens] of asideOf(exchange)) {
      this.#parts.settle.add({
        ...{ sid, incarnation, backend, requests: 0, bytesIn: 0, bytesOut: 0, tokens, model: this.#name(model) },
        ...(rates.length === 0 ? NONE : { rates }),
      });
    }
  }

  #metered({ usage, toolCalls }: RunningExchange): Partial<Settlement> {
    if (usage === null && toolCalls.length === 0) return NONE;
    return {
      ...(usage === null ? NONE : { tokens: usage }),
      ...(toolCalls.length === 0 ? NONE : { toolCalls: toolCalls.map(({ name }) => this.#name(name)) }),
    };
  }

  /** As the session counts it: redacted, and bounded. */
  #name(name: string): string {
    return this.#parts.redact(name.slice(0, LOOKED_AT_CHARS_MAX)).slice(0, NAME_CHARS_MAX);
  }

  #record(exchange: RunningExchange, durationMs: number): void {
    // It never began, because no record of it could be kept: the metrics count it, and the record has no gap.
    if (exchange.code === 'audit_unavailable') return;
    const { whose, usage, stopped, trace } = exchange;
    const data: Omit<ExchangeData, 'method' | 'path' | 'model' | 'agent'> = {
      exchange: exchange.id,
      outcome: exchange.outcome,
      code: exchange.code,
      status: exchange.status,
      dialect: exchange.dialect.name,
      streamed: exchange.streams,
      backend: whose.backend,
      principal: whose.principal,
      client: exchange.clientAddress,
      policy: exchange.policy?.label ?? '',
      bytes_in: exchange.bytesIn,
      bytes_out: exchange.bytesOut,
      duration_ms: round(durationMs),
      ttft_ms: exchange.firstByteAt > 0 ? round(exchange.firstByteAt - exchange.startedAt) : 0,
      own_ms: exchange.forwardedAt > 0 ? round(exchange.forwardedAt - exchange.startedAt - exchange.waitedMs) : 0,
      input_tokens: usage?.input ?? 0,
      output_tokens: usage?.output ?? 0,
      tool_calls: exchange.toolCalls.length,
      findings: exchange.findings,
      finish: exchange.finish,
      stopped_by: stopped?.rule ?? '',
      sent_ms: exchange.forwardedAt > 0 ? round(exchange.forwardedAt - exchange.startedAt) : 0,
      trace_id: trace?.traceId ?? '',
      parent_span_id: trace?.parentSpanId ?? '',
      trace_flags: trace?.flags ?? 0,
    };
    this.#parts.recorder.record(
      {
        tenant: whose.tenant || 'default',
        type: 'exchange',
        session: whose.sid,
        incarnation: exchange.incarnation,
        said: { method: exchange.method, path: exchange.readablePath, model: exchange.model, agent: whose.agent },
        data: { ...data },
      },
      exchange.recordPromised,
    );
  }
}

/** Names are the caller's or the model's own words. They are looked at whole up to a bound, so that no cut hides a half of a secret. */
const LOOKED_AT_CHARS_MAX = 4_096;
/** As long as the providers let a name be. */
const NAME_CHARS_MAX = 128;

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
