/**
 * Days that are old enough go, whole: their leaves from the table, not their hashes from the log. The log signs what it
 * lost, and says so itself, in the transaction that drops it.
 */
import type { Clock, Log } from '@elida/kernel';
import {
  type Database,
  deleteSessionsBefore,
  dropCaptureDays,
  dropDay,
  type EventDay,
  noteRetention,
  readDayLeaves,
  readExpiredDays,
} from '@elida/postgres';
import { retentionText, type SignerOf, signNote } from '@elida/record';
import { type Kysely, sql } from 'kysely';
import type { OwnEvents } from './own-events.ts';

export interface RetentionDeps {
  /** Of the tables' owner: partitions are dropped. */
  readonly db: Kysely<Database>;
  readonly own: OwnEvents;
  readonly signerOf: SignerOf;
  readonly clock: Clock;
  readonly log: Log;
  /** Null: for ever. */
  readonly eventDays: number | null;
  /** Of session records, and of captures. */
  readonly sessionDays: number | null;
}

const DAY_MS = 86_400_000;
const dayBefore = (clock: Clock, days: number): string =>
  new Date(clock.now() - days * DAY_MS).toISOString().slice(0, 10);

/** Once around. Several workers may do it at once: each day goes once. @returns days that went. */
export async function retain(deps: RetentionDeps): Promise<number> {
  const { db, clock, log, eventDays, sessionDays } = deps;
  if (sessionDays !== null) {
    const records = await deleteSessionsBefore(db, dayBefore(clock, sessionDays));
    if (records > 0) log.info('retention_sessions', { records });
    const captureDays = await dropCaptureDays(db, dayBefore(clock, sessionDays));
    if (captureDays > 0) log.info('retention_captures', { days: captureDays });
  }
  if (eventDays === null) return 0;
  let gone = 0;
  for (const day of await readExpiredDays(db, dayBefore(clock, eventDays))) if (await removeDay(deps, day)) gone++;
  return gone;
}

const removeDay = ({ own, signerOf, clock, log }: RetentionDeps, day: EventDay): Promise<boolean> =>
  own.write(async (trx, note) => {
    await sql`select pg_advisory_xact_lock(hashtext('elida_retention'))`.execute(trx);
    const { rows } = await sql`select from pg_class where oid = to_regclass(${day.table})`.execute(trx);
    if (rows.length === 0) return false;
    const held = await readDayLeaves(trx, day);
    if (held === null) {
      log.warn('retention_waits', { day: day.day, why: 'some of its events have no place in the log yet' });
      return false;
    }
    const at = clock.now();
    for (const leaves of held) {
      const signer = signerOf(leaves.tenant);
      const text = retentionText({ origin: signer.name, removed: leaves.ranges, at });
      await noteRetention(trx, { ...leaves, day: day.day, at: new Date(at), note: signNote(text, [signer]) });
      note('retention_applied', leaves.tenant, { day: day.day, leaves: leaves.leaves, tenant: leaves.tenant });
    }
    await dropDay(trx, day);
    log.info('retention_applied', { day: day.day, leaves: held.reduce((sum, { leaves }) => sum + leaves, 0) });
    return true;
  });
