/** The exports' part of the worker: records to their sinks, and what the events show while they come by. */
import type { AuditEvent } from '@elida/contracts';
import type { Clock, Installation, Lifetime, Log } from '@elida/kernel';
import { countDeliveries, type Database } from '@elida/postgres';
import type { ExportQueue } from '@elida/queue';
import type { Metrics } from '@elida/telemetry';
import type { OtlpClient } from '@elida/telemetry/otlp';
import type { Kysely } from 'kysely';
import type { AuditConfig } from './config.ts';
import { createCaptureReader } from './exporters/captures.ts';
import { ExchangeTraces } from './exporters/exchange-traces.ts';
import { type ReadCaptures, readFindings, violationsOfExchanges } from './exporters/findings.ts';
import { openOtlp, openSinks } from './exporters/sinks.ts';
import { createDeliver } from './jobs/deliver.ts';
import { dispatchAlways } from './jobs/dispatch.ts';
import { type ExportMetrics, exportMetrics } from './jobs/export-metrics.ts';
import { pause } from './pause.ts';

export interface ExportDeps {
  readonly db: Kysely<Database>;
  readonly exports: ExportQueue;
  readonly installation: Installation;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly lifetime: Lifetime;
  readonly writeLine: (line: string) => Promise<void>;
  /** Default: those that are stored, opened with the installation's secret. */
  readonly readCaptures?: ReadCaptures | undefined;
  readonly pollMs?: number | undefined;
  readonly eventsWithinMs?: number | undefined;
}

const POLL_MS = 1_000;
/** Edges send what they recorded each 200 ms; a backlog takes longer. */
const EVENTS_WITHIN_MS = 15_000;

/** What shows events as they come by, after they are stored. */
export type Observe = (events: readonly AuditEvent[]) => void;

/** What it starts it leaves to the lifetime. @returns what is to be told of stored events. */
export async function startExports(config: AuditConfig, deps: ExportDeps): Promise<Observe> {
  const { db, exports, log, clock, lifetime, pollMs = POLL_MS } = deps;
  const { telemetry } = config;
  const metrics = exportMetrics(deps.metrics);
  sampleDeliveries(deps.metrics, db);
  const otlp = await openOtlp(config);
  const sinks = await openSinks(config, otlp, deps.writeLine);
  const readCaptures = deps.readCaptures ?? createCaptureReader(db, deps.installation);
  const limits = { content: telemetry.captureContent, charsMax: telemetry.bodyCharsMax };
  const delivering = {
    ...{ db, metrics, log, clock, retryForMs: telemetry.retryForMs },
    eventsWithinMs: deps.eventsWithinMs ?? EVENTS_WITHIN_MS,
    findingsOf: (record: Parameters<ReadCaptures>[0]) => readFindings(db, record, readCaptures, limits),
  };
  for (const sink of sinks) exports.work(sink.name, createDeliver(sink, delivering));
  const { signal } = lifetime;
  const names = sinks.map(({ name }) => name);
  const dispatching = dispatchAlways({ db, queue: exports, sinks: names, log, signal, pollMs });
  lifetime.defer('exports', async () => {
    await dispatching;
    await exports.close();
  });
  return otlp === null ? () => undefined : await observeOver(otlp, config, { ...deps, exportMetrics: metrics });
}

async function observeOver(
  otlp: OtlpClient,
  { telemetry }: AuditConfig,
  deps: ExportDeps & { readonly exportMetrics: ExportMetrics },
): Promise<Observe> {
  const { db, log, lifetime, pollMs = POLL_MS } = deps;
  const { signal } = lifetime;
  const { createEventMeter, readableSpan } = await import('@elida/telemetry/otlp');
  const watchers: { see(event: AuditEvent): void }[] = [];
  if (telemetry.traces.enabled) {
    const traces = new ExchangeTraces({
      ...{ log, signal, metrics: deps.exportMetrics, sample: telemetry.traces.sample, everyMs: pollMs },
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

function sampleDeliveries(metrics: Metrics, db: Kysely<Database>): void {
  metrics.sampled(
    'elida_exports_waiting',
    'Session detail records that wait for a sink, each once for each',
    async () => (await countDeliveries(db)).waiting,
  );
  metrics.sampled(
    'elida_exports_dead',
    'Dead letters: records that a sink did not take, until they are replayed',
    async () => (await countDeliveries(db)).dead,
  );
}
