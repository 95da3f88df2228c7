/** What exports count. Sinks are few, and ours: `kind`. */
import { countDeliveries, type Database } from '@elida/postgres';
import type { Metrics } from '@elida/telemetry';
import type { Kysely } from 'kysely';

export interface ExportMetrics {
  exported(sink: string): void;
  /** An attempt. */
  failed(sink: string): void;
  died(sink: string): void;
  spans(outcome: 'exported' | 'dropped' | 'refused', count: number): void;
}

export function exportMetrics(metrics: Metrics): ExportMetrics {
  const exports = metrics.counter(
    'elida_exports_total',
    'Session detail records to sinks, by what became of each try',
    ['kind', 'outcome'],
  );
  const spans = metrics.counter('elida_trace_spans_total', 'Spans of exchanges by what became of them', ['outcome']);
  return {
    exported: (kind) => exports.add({ kind, outcome: 'exported' }),
    failed: (kind) => exports.add({ kind, outcome: 'failed' }),
    died: (kind) => exports.add({ kind, outcome: 'dead' }),
    spans: (outcome, count) => spans.add({ outcome }, count),
  };
}

export function sampleDeliveries(metrics: Metrics, db: Kysely<Database>): void {
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
