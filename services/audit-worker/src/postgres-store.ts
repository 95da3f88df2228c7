/** The record's ports on PostgreSQL. */
import {
  type Database,
  insertCaptures,
  isBadData,
  isDatabaseGone,
  isNotMigrated,
  parkBatches,
  storeBatch,
} from '@elida/postgres';
import type { Kysely } from 'kysely';
import { captureRows } from './capture-row.ts';
import type { EventStore } from './ports.ts';

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
