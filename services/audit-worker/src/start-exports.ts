/** The exports' part of the worker: records to their sinks, and what the events show while they come by. */
import type { Clock, Installation, Lifetime, Log } from '@elida/kernel';
import type { Metrics } from '@elida/telemetry';
import type { AuditConfig } from './config.ts';
import { createCaptureReader } from './exporters/captures.ts';
import { type ReadCaptures, readFindings } from './exporters/findings.ts';
import { type Observe, observeOver } from './exporters/observe.ts';
import { openOtlp, openSinks } from './exporters/sinks.ts';
import { createDeliver } from './jobs/deliver.ts';
import { type DispatchDeps, dispatchAlways } from './jobs/dispatch.ts';
import { exportMetrics, sampleDeliveries } from './jobs/export-metrics.ts';

export interface ExportDeps {
  readonly db: DispatchDeps['db'];
  readonly exports: DispatchDeps['queue'];
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
  return otlp === null ? () => undefined : await observeOver(otlp, config, { db, log, lifetime, metrics, pollMs });
}
