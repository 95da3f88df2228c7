/** Pages of events, newest first: the cursor is the `id` of the last one that was shown. */
import { Fault } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { SelectQueryBuilder } from 'kysely';
import type { EventRow } from './event-rows.ts';

export interface EventPage {
  readonly rows: readonly EventRow[];
  /** Empty at the end. */
  readonly next: string;
}

/** @throws Fault invalid where the cursor is not one of ours, database_unavailable. */
export async function pageOf(
  events: SelectQueryBuilder<Database, 'events', EventRow>,
  { cursor, limit }: { readonly cursor: string; readonly limit: number },
): Promise<EventPage> {
  if (!/^\d{0,18}$/.test(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
  const rows = await events
    .$if(cursor !== '', (query) => query.where('id', '<', cursor))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return { rows: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.id ?? '') : '' };
}

/** Id of the event behind the first `offset` ones. Empty: there is none. @throws Fault database_unavailable. */
export async function firstBehind(
  events: SelectQueryBuilder<Database, 'events', EventRow>,
  offset: number,
): Promise<string> {
  const row = await events.clearSelect().select('id').orderBy('id', 'desc').offset(offset).limit(1).executeTakeFirst();
  return row?.id ?? '';
}
