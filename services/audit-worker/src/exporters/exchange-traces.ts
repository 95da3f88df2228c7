/**
 * Spans of exchanges, from the events that were just stored: gathered, sampled, sent in batches. A view of what runs, not
 * the record: what a collector that is away leaves no room for is dropped, and counted. Never delays a batch of events.
 */
import type { AuditEvent } from '@elida/contracts';
import type { Log } from '@elida/kernel';
import { exchangeSpans, isSampled, readExchange, type SdrViolation, type SpanData } from '@elida/record';
import type { ExportMetrics } from '../jobs/export-metrics.ts';
import { pause } from '../pause.ts';

export interface TraceDeps {
  /** Violations by exchange. */
  readonly violationsOf: (events: readonly AuditEvent[]) => Promise<ReadonlyMap<string, readonly SdrViolation[]>>;
  /** Rejects where the endpoint is away. @returns false where it will never take them. */
  readonly send: (spans: readonly SpanData[]) => Promise<boolean>;
  /** Share of the traces that begin here. */
  readonly sample: number;
  readonly metrics: ExportMetrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly everyMs: number;
}

const WAITING_MAX = 8_192;
const BATCH_MAX = 256;
const BACK_OFF_MAX_MS = 30_000;

export class ExchangeTraces {
  readonly #deps: TraceDeps;
  #waiting: AuditEvent[] = [];

  constructor(deps: TraceDeps) {
    this.#deps = deps;
  }

  see(event: AuditEvent): void {
    const told = readExchange(event);
    if (told === null || !isSampled(told, this.#deps.sample)) return;
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(event);
    else this.#deps.metrics.spans('dropped', 1);
  }

  /** Runs until the signal, and then once more. */
  async run(): Promise<void> {
    const { signal, everyMs, log } = this.#deps;
    let waitMs = everyMs;
    while (!signal.aborted) {
      await pause(waitMs, signal);
      try {
        while (this.#waiting.length > 0) await this.#sendSome();
        waitMs = everyMs;
      } catch (error) {
        waitMs = Math.min(waitMs * 2, BACK_OFF_MAX_MS);
        log.warn('traces_wait', { error, waiting: this.#waiting.length, waitMs });
      }
    }
  }

  async #sendSome(): Promise<void> {
    const { violationsOf, send, metrics } = this.#deps;
    const batch = this.#waiting.slice(0, BATCH_MAX);
    const violations = await violationsOf(batch.filter(({ data }) => data.findings !== 0));
    const spans = batch.flatMap((event) => {
      const told = readExchange(event);
      return told === null ? [] : exchangeSpans(event, told, violations.get(told.exchange) ?? []);
    });
    const isTaken = await send(spans);
    this.#waiting = this.#waiting.slice(batch.length);
    metrics.spans(isTaken ? 'exported' : 'refused', spans.length);
  }
}
