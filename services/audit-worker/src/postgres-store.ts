/** The worker's ports on PostgreSQL. */
import { type SessionRecord, wholeRecord } from '@elida/contracts';
import {
  type Database,
  insertCaptures,
  isBadData,
  isDatabaseGone,
  isNotMigrated,
  parkBatches,
  storeBatch,
} from '@elida/postgres';
import { NO_FINDINGS, type SdrFindings } from '@elida/record';
import { type Kysely, sql } from 'kysely';
import { captureRows } from './capture-row.ts';
import type { EventStore, SdrOutbox } from './ports.ts';

export const createEventStore = (db: Kysely<Database>): EventStore => ({
  async insert(events, numbers) {
    // First: no event tells of a capture that is not there.
    await insertCaptures(db, events.flatMap(captureRows));
    return storeBatch(db, events, numbers);
  },
  park: (parked) => parkBatches(db, parked),
  judge(error) {
    // Before the control plane has migrated there is nothing to write to yet: the same as gone.
    if (isDatabaseGone(error) || isNotMigrated(error)) return 'gone';
    return isBadData(error) ? 'data' : 'other';
  },
});

export const createSdrOutbox = (db: Kysely<Database>): SdrOutbox => ({
  drain: (limit, deliver) =>
    db.transaction().execute(async (trx) => {
      const rows = await trx
        .selectFrom('sdr_outbox')
        .select(['id', 'record', 'interim'])
        .where('exported_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      if (rows.length === 0) return 0;
      const items = rows.map(({ record, interim }) => ({ record: wholeRecord(record), interim }));
      await deliver(
        await Promise.all(items.map(async (item) => ({ ...item, findings: await findingsOf(trx, item.record) }))),
      );
      const ids = rows.map((row) => row.id);
      await trx.updateTable('sdr_outbox').set({ exported_at: new Date() }).where('id', 'in', ids).execute();
      return rows.length;
    }),
  async waiting() {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from sdr_outbox where exported_at is null`.execute(db);
    return rows[0]?.count ?? 0;
  },
});

const SEVERITIES = ['info', 'warning', 'critical'];

/** Of the violation events that have arrived by now: an interim record may leave before its last ones. */
async function findingsOf(db: Kysely<Database>, record: SessionRecord): Promise<SdrFindings> {
  if (record.violations === 0) return NO_FINDINGS;
  const { rows } = await sql<{ rules: string[]; actions: string[]; severities: string[] }>`
    select coalesce(array_agg(distinct data->>'rule_name'), '{}') as rules,
      coalesce(array_agg(distinct data->>'action'), '{}') as actions,
      coalesce(array_agg(distinct severity), '{}') as severities
    from events where session = ${record.sid} and incarnation = ${record.incarnation} and type = 'violation_detected'
      and occurred_at >= ${new Date(record.startedAt - CLOCKS_APART_MS)}`.execute(db);
  const { rules, actions, severities } = rows[0] ?? { rules: [], actions: [], severities: [] };
  const maxSeverity = SEVERITIES.findLast((severity) => severities.includes(severity)) ?? '';
  return { rules: rules.toSorted(), maxSeverity, actions: actions.toSorted() };
}

/** Events carry the edge's time, records the store's. */
const CLOCKS_APART_MS = 3_600_000;
