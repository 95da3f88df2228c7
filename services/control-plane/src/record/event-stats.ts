/** Counts over events: one pass, answered from an index (migration 0009) without reading what the events say. */
import type { EventStats } from '@elida/contracts/api';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import { type EventFilter, eventsOf } from './event-rows.ts';

interface Group {
  readonly type: string;
  readonly severity: string;
  readonly count: string;
  readonly sessions: string;
}

/** @throws Fault database_unavailable. */
export async function eventStatsOf(db: Kysely<Database>, filter: EventFilter): Promise<EventStats> {
  const seen = eventsOf(db, filter)
    .clearSelect()
    .select(['type', 'severity', 'session', sql<string>`count(*)`.as('n')])
    .groupBy(['type', 'severity', 'session']);
  const { rows } = await sql<Group>`
    with seen as materialized (${seen})
    select type, severity, sum(n) as count,
      (select count(*) from (select distinct session from seen where session <> '') as sessions) as sessions
    from seen group by type, severity order by type, severity`.execute(db);
  const by = (pick: 'type' | 'severity'): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const row of rows) if (row[pick]) counts[row[pick]] = (counts[row[pick]] ?? 0) + Number(row.count);
    return counts;
  };
  return {
    total_events: rows.reduce((sum, { count }) => sum + Number(count), 0),
    unique_session_ids: Number(rows[0]?.sessions ?? 0),
    events_by_type: by('type'),
    events_by_severity: by('severity'),
  };
}
