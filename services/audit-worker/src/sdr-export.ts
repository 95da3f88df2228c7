/** Drains the outbox of session detail records to their exporter. A dead sink only makes the outbox wait. */
import type { Log } from '@elida/kernel';
import type { AuditMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import type { SdrExporter, SdrOutbox } from './ports.ts';

export interface SdrExportDeps {
  readonly outbox: SdrOutbox;
  readonly exporter: SdrExporter;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How often the outbox is looked at. */
  readonly pollMs: number;
}

const BATCH_MAX = 100;
const BACK_OFF_MAX_MS = 60_000;

/** Runs until the signal. */
export async function exportSdrs({ outbox, exporter, metrics, log, signal, pollMs }: SdrExportDeps): Promise<void> {
  let waitMs = pollMs;
  while (!signal.aborted) {
    try {
      const exported = await outbox.drain(BATCH_MAX, (items) => exporter.export(items));
      metrics.exported(exported);
      if (waitMs > pollMs) log.info('sdr_export_resumed');
      waitMs = pollMs;
      if (exported === BATCH_MAX) continue;
    } catch (error) {
      metrics.exportFailed();
      waitMs = Math.min(waitMs * 2, BACK_OFF_MAX_MS);
      log.warn('sdr_export_failed', { error, waitMs });
    }
    await pause(waitMs, signal);
  }
}
