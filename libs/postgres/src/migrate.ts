/** Brings the tables to this version. Several processes may do so at once: one migrates (advisory lock), the others wait. */
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as tables from './migrations/0001-tables.ts';
import * as events from './migrations/0002-events.ts';
import * as metering from './migrations/0003-metering.ts';
import * as policyDeletions from './migrations/0004-policy-deletions.ts';
import * as log from './migrations/0005-log.ts';
import * as logWork from './migrations/0006-log-work.ts';
import * as deliveries from './migrations/0007-deliveries.ts';
import * as captures from './migrations/0008-captures.ts';
import * as recordFaces from './migrations/0009-record-faces.ts';
import type { Database } from './schema.ts';

/** In order; never changed once released, only added to. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-tables': tables,
  '0002-events': events,
  '0003-metering': metering,
  '0004-policy-deletions': policyDeletions,
  '0005-log': log,
  '0006-log-work': logWork,
  '0007-deliveries': deliveries,
  '0008-captures': captures,
  '0009-record-faces': recordFaces,
};

/** @returns the names of those that ran now. @throws Fault database_unavailable, or the error of a failed migration (nothing of it stays). */
export async function migrate(db: Kysely<Database>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}
