/** Audit events as Postgres has them. */
import type { EventView } from '@elida/contracts/api';
import { type Database, type EventsTable, readPlace } from '@elida/postgres';
import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely';

const COLUMNS = [
  'event_id',
  'id',
  'tenant',
  'producer',
  'seq',
  'occurred_at',
  'received_at',
  'type',
  'session',
  'incarnation',
  'severity',
  'data',
] as const;
export type EventRow = Pick<Selectable<EventsTable>, (typeof COLUMNS)[number]>;

export interface EventFilter {
  /** Empty: every tenant. */
  readonly tenant: string;
  readonly session?: string | undefined;
  readonly type?: string | undefined;
  readonly severity?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export function eventsOf(db: Kysely<Database>, filter: EventFilter): SelectQueryBuilder<Database, 'events', EventRow> {
  const { tenant, session, type, severity, since, until } = filter;
  return db
    .selectFrom('events')
    .select(COLUMNS)
    .$if(tenant !== '', (query) => query.where('tenant', '=', tenant))
    .$if(session !== undefined, (query) => query.where('session', '=', session ?? ''))
    .$if(type !== undefined, (query) => query.where('type', '=', type ?? ''))
    .$if(severity !== undefined, (query) => query.where('severity', '=', severity ?? ''))
    .$if(since !== undefined, (query) => query.where('occurred_at', '>=', new Date(since ?? 0)))
    .$if(until !== undefined, (query) => query.where('occurred_at', '<', new Date(until ?? 0)));
}

/** By its id. @param tenant empty: of any. @throws Fault database_unavailable. */
export async function eventOf(db: Kysely<Database>, eventId: string, tenant: string): Promise<EventRow | undefined> {
  const found = eventsOf(db, { tenant }).where('event_id', '=', eventId);
  // The log knows its day; without that every day is searched.
  const place = await readPlace(db, eventId);
  return await (place ? found.where('occurred_at', '=', place.occurredAt) : found).executeTakeFirst();
}

export const eventViewOf = (row: EventRow): EventView => ({
  id: Number(row.id),
  event_id: row.event_id,
  type: row.type,
  tenant: row.tenant,
  session: row.session,
  incarnation: row.incarnation,
  severity: row.severity,
  producer: row.producer,
  seq: Number(row.seq),
  occurred_at: row.occurred_at.toISOString(),
  received_at: row.received_at.toISOString(),
  data: row.data,
});
