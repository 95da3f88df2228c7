/** Opens an exchange first and closes it once, whatever happened: counters, event, metrics. Never throws. */
import type { Clock } from '@elida/kernel';
import type { ByteBudget } from './byte-budget.ts';
import type { Caller } from './caller.ts';
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

  close(exchange: RunningExchange, caller: Pick<Caller, 'bytesIn'>): void {
    const { clock, registry, budget } = this.#parts;
    exchange.bytesIn = caller.bytesIn;
    registry.remove(exchange);
    budget.give(exchange.bufferedBytes);
    this.#count(exchange);
    this.#settle(exchange);
    this.#record(exchange, clock.monotonic() - exchange.startedAt);
  }

  /** Which session gave this reply; known before the caller can go on from it, so before the reply's end. */
  rememberReply({ whose, incarnation }: RunningExchange, replyId: string): void {
    if (incarnation === 0 || replyId === '') return;
    const { settle, identifier } = this.#parts;
    const { sid, backend } = whose;
    const replyKey = identifier.replyKey(whose, replyId);
    settle.addNow({ sid, incarnation, backend, requests: 0, bytesIn: 0, bytesOut: 0, replyKey });
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

  #settle(exchange: RunningExchange): void {
    const { whose, incarnation, bytesIn } = exchange;
    if (incarnation === 0) return;
    const { sid, backend } = whose;
    const requests = 1 - exchange.settledRequests;
    const bytesOut = exchange.bytesOut - exchange.settledBytesOut;
    exchange.settledRequests += requests;
    exchange.settledBytesOut += bytesOut;
    if (requests + bytesIn + bytesOut > 0)
      this.#parts.settle.add({ sid, incarnation, backend, requests, bytesIn, bytesOut });
  }

  #record(exchange: RunningExchange, durationMs: number): void {
    const { whose } = exchange;
    this.#parts.recorder.record({
      tenant: whose.tenant || 'default',
      type: 'exchange',
      session: whose.sid,
      incarnation: exchange.incarnation,
      said: { method: exchange.method, path: readable(exchange.path), model: exchange.model, agent: whose.agent },
      data: {
        exchange: exchange.id,
        outcome: exchange.outcome,
        code: exchange.code,
        status: exchange.status,
        dialect: exchange.dialect.name,
        backend: whose.backend,
        principal: whose.principal,
        client: exchange.clientAddress,
        bytes_in: exchange.bytesIn,
        bytes_out: exchange.bytesOut,
        duration_ms: round(durationMs),
        ttft_ms: exchange.firstByteAt > 0 ? round(exchange.firstByteAt - exchange.startedAt) : 0,
        own_ms: exchange.forwardedAt > 0 ? round(exchange.forwardedAt - exchange.startedAt - exchange.waitedMs) : 0,
      },
    });
  }
}

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/** For the record only: `%40` must not hide an address from redaction. */
const readable = (path: string): string =>
  path.includes('%')
    ? path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : path;
