/** Where the events of a session stand in the log of their tenant, once a signed tree contains them all. */
import type { SessionRecord } from '@elida/contracts';
import type { Database } from '@elida/postgres';
import type { SdrLogPart } from '@elida/record';
import { type Kysely, sql } from 'kysely';

/** Events carry the edge's time, records the store's. */
const CLOCKS_APART_MS = 3_600_000;
/** Older events are not of this incarnation: their partitions need not be looked at. */
export const eventsSince = ({ startedAt }: SessionRecord): Date => new Date(startedAt - CLOCKS_APART_MS);

export interface LogPlace {
  readonly part: SdrLogPart | null;
  /** False: events wait for their index, or for a checkpoint. */
  readonly isWhole: boolean;
}

export async function readLogPlace(db: Kysely<Database>, record: SessionRecord): Promise<LogPlace> {
  const { rows } = await sql<Record<'events' | 'placed' | 'first' | 'last' | 'size' | 'root', string | null>>`
    with place as (
      select count(*) as events, count(l.log_index) as placed, min(l.log_index) as first, max(l.log_index) as last
      from events e left join log_entries l on l.event_id = e.event_id and l.occurred_at = e.occurred_at
      where e.session = ${record.sid} and e.incarnation = ${record.incarnation} and e.tenant = ${record.tenant}
        and e.occurred_at >= ${eventsSince(record)})
    select place.*, c.size, split_part(c.note, chr(10), 3) as root from place left join lateral (
      select size, note from log_checkpoints where tenant = ${record.tenant} and size > place.last order by size limit 1) c on true`.execute(
    db,
  );
  const { events = 0, placed = 0, first, last, size, root } = rows[0] ?? {};
  const isWhole = events === placed && (Number(events) === 0 || Boolean(size));
  if (!isWhole || !size || !root) return { part: null, isWhole };
  const part = { events: Number(events), firstIndex: Number(first), lastIndex: Number(last), size: Number(size), root };
  return { part, isWhole };
}
