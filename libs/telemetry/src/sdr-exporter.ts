/** Where session detail records go. */
import type { SessionRecord } from '@elida/contracts';
import type { SdrFindings } from '@elida/record';

export interface SdrItem {
  readonly record: SessionRecord;
  /** Of a session that goes on (a kill's). */
  readonly interim: boolean;
  readonly findings: SdrFindings;
}

export interface SdrExporter {
  /** Resolves when the sink has all of them; rejects otherwise. Exporting again is harmless: ids are derived. */
  export(items: readonly SdrItem[]): Promise<void>;
  close(): Promise<void>;
}
