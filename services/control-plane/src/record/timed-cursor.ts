/** Pages of rows that have a time and an id, newest first: `<ms>.<id>` of the last row that was shown. */
import { Fault } from '@elida/kernel';
import { type RawBuilder, sql } from 'kysely';

/** @throws Fault invalid where it is not one of ours. */
export function afterTimed(cursor: string): RawBuilder<boolean> {
  const dot = cursor.indexOf('.');
  const at = Number(cursor.slice(0, dot));
  if (dot < 1 || !Number.isSafeInteger(at)) throw new Fault('invalid', 'query.cursor: is not one of ours');
  return sql<boolean>`(at, id) < (${new Date(at)}, ${cursor.slice(dot + 1)})`;
}

/** @param rows one more than `limit` where there is a next page. */
export function timedCursor(rows: readonly { at: Date; id: string }[], limit: number): string {
  const last = rows[limit - 1];
  return rows.length > limit && last ? `${last.at.getTime()}.${last.id}` : '';
}
