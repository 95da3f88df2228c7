/** Where session detail records go, one at a time. */
import type { SessionRecord } from '@elida/contracts';
import type { SdrFindings } from '@elida/record';

export interface SdrItem {
  readonly record: SessionRecord;
  /** Of a session that goes on. */
  readonly interim: boolean;
  readonly findings: SdrFindings;
}

/** `taken: false`: the sink will never take it, whoever asks. */
export type Delivered = { readonly taken: true } | { readonly taken: false; readonly reason: string };

export interface SdrSink {
  /** Of its queue, its metrics and its dead letters: one for each place and form. */
  readonly name: 'otlp-traces' | 'otlp-logs' | 'stdout' | 'file';
  /** Rejects where the sink is away. Delivering again is harmless: ids are derived. */
  deliver(item: SdrItem): Promise<Delivered>;
}
