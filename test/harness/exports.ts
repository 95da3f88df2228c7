/** An outbox with records in it, and what is known of their way out. */
import type { SessionRecord } from '@elida/contracts';
import { silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase, toJsonb } from '@elida/postgres';
import { createMemoryExports, type ExportQueue } from '@elida/queue';
import type { Kysely } from 'kysely';
import { type AuditOptions, type AuditUnderTest, startAudit } from './audit.ts';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts';

export interface ExportRig {
  readonly db: Kysely<Database>;
  enqueue(record: SessionRecord, interim?: boolean): Promise<void>;
  /** Records that not all their sinks have. */
  waiting(): Promise<number>;
  /** Closed by `reset`, like workers. */
  collector(port?: number): Promise<OtlpReceiver>;
  worker(telemetry: Record<string, unknown>, more?: Partial<AuditOptions>): Promise<AuditUnderTest>;
  /** Closes what was started, empties the outbox. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startExportRig(databaseUrl: string): Promise<ExportRig> {
  const db = openDatabase({ url: databaseUrl, log: silentLog });
  await migrate(db);
  const open: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(part: T): T => {
    open.push(part);
    return part;
  };
  return {
    db,
    async enqueue(record, interim = false) {
      const { sid, incarnation } = record;
      const row = { sid, incarnation, interim, record: toJsonb(record), created_at: new Date() };
      await db.insertInto('sdr_outbox').values(row).execute();
    },
    waiting: async () =>
      (await db.selectFrom('sdr_outbox').select('id').where('exported_at', 'is', null).execute()).length,
    collector: async (port) => kept(await startOtlpReceiver(port)),
    worker: async (telemetry, more) =>
      kept(await startAudit({ databaseUrl, telemetry: { enabled: true, ...telemetry }, ...more })),
    async reset() {
      for (const part of open.splice(0).reverse()) await part.close();
      await db.deleteFrom('sdr_outbox').execute();
    },
    close: () => db.destroy(),
  };
}

/** A queue that is wiped as often as something is put into it. */
export const forgetfulExports = (): ExportQueue => ({ ...createMemoryExports(), add: () => Promise.resolve() });
