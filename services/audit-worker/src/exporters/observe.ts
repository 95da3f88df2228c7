/** What the events show while they come by: spans of exchanges, and metrics. */
import type { AuditEvent } from '@elida/contracts';
import type { Lifetime, Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { OtlpClient } from '@elida/telemetry/otlp';
import type { Kysely } from 'kysely';
import type { AuditConfig } from '../config.ts';
import type { ExportMetrics } from '../jobs/export-metrics.ts';
import { pause } from '../pause.ts';
import { ExchangeTraces } from './exchange-traces.ts';
import { violationsOfExchanges } from './findings.ts';

/** Hears of events after they are stored. Never throws, never waits. */
export type Observe = (events: readonly AuditEvent[]) => void;

export interface ObserveDeps {
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly lifetime: Lifetime;
  readonly metrics: ExportMetrics;
  readonly pollMs: number;
}

/** What it starts it leaves to the lifetime. */
export async function observeOver(
  otlp: OtlpClient,
  { telemetry }: AuditConfig,
  { db, log, lifetime, metrics, pollMs }: ObserveDeps,
): Promise<Observe> {
  const { signal } = lifetime;
  const { createEventMeter, readableSpan } = await import('@elida/telemetry/otlp');
  const watchers: { see(event: AuditEvent): void }[] = [];
  if (telemetry.traces.enabled) {
    const traces = new ExchangeTraces({
      ...{ log, signal, metrics, sample: telemetry.traces.sample, everyMs: pollMs },
      violationsOf: (events) => violationsOfExchanges(db, events.map(askedOf), oldestOf(events)),
      send: async (spans) => (await otlp.spans(spans.map((span) => readableSpan(span, otlp.resource)))).taken,
    });
    const tracing = traces.run();
    lifetime.defer('traces', () => tracing);
    watchers.push(traces);
  }
  if (telemetry.metrics.enabled) {
    const meter = createEventMeter(otlp);
    const pushing = pushAlways(() => meter.push(), telemetry.metrics.intervalMs, log, signal);
    lifetime.defer('pushed metrics', async () => {
      await pushing;
      await meter.close();
    });
    watchers.push(meter);
  }
  return (events) => {
    for (const event of events) for (const watcher of watchers) watcher.see(event);
  };
}

/** Runs until the signal, and then once more. */
async function pushAlways(push: () => Promise<void>, everyMs: number, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, signal);
    await push().catch((error: unknown) => log.warn('metrics_wait', { error }));
  }
}

const askedOf = ({ session, data }: AuditEvent) => ({ session, exchange: String(data.exchange) });

const HOUR_MS = 3_600_000;
/** A violation is older than the end of its exchange: by no more than that took. */
const oldestOf = (events: readonly AuditEvent[]): Date =>
  new Date(
    Math.min(...events.map(({ occurredAt, data }) => occurredAt - Number(data.duration_ms ?? 0)), Date.now()) - HOUR_MS,
  );
