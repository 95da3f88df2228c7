/** /control/events. `id` is the order of insertion; `type` and `event_type` are the same. */
import { instant } from '@elida/contracts/api';
import type { Caller, Route } from '@elida/http';
import { isFault } from '@elida/kernel';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { type EventRow, eventsOf } from '../record/event-rows.ts';
import { historyOf } from '../record/history.ts';
import { isSessionId } from '../session-finder.ts';
import { compatRoute } from './route.ts';

type EventParts = Pick<Parts, 'db' | 'finder'>;

const window = { since: instant.optional(), until: instant.optional() };
const listQuery = z.looseObject({
  ...window,
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  session_id: z.string().max(128).optional(),
  type: z.string().max(64).optional(),
  event_type: z.string().max(64).optional(),
  severity: z.string().max(16).optional(),
});
const SESSION_EVENTS_MAX = 1_000;

const eventInfo = (row: EventRow): Record<string, unknown> => ({
  id: Number(row.id),
  event_id: row.event_id,
  timestamp: row.occurred_at.toISOString(),
  type: row.type,
  event_type: row.type,
  session_id: row.session,
  ...(row.severity ? { severity: row.severity } : {}),
  data: row.data,
  created_at: row.received_at.toISOString(),
});

/** A display name stands for the session that has it now, else for the last that had it. */
async function sessionOf({ db, finder }: EventParts, name: string, caller: Caller): Promise<string> {
  if (isSessionId(name)) return name;
  try {
    return (await finder.find(name, caller)).sid;
  } catch (error) {
    if (!isFault(error) || error.code === 'ambiguous') throw error;
  }
  const rows = historyOf(db, { tenant: tenantFor(caller, undefined), id: name });
  const last = await rows.orderBy('ended_at', 'desc').limit(1).executeTakeFirst();
  return last?.sid ?? name;
}

export function eventRoutes(parts: EventParts): Route[] {
  const { db } = parts;
  return [
    compatRoute({
      url: '/events',
      access: 'events:read',
      query: listQuery,
      async answer({ limit, offset, session_id, type, event_type, severity, since, until }, { caller }) {
        const session = session_id === undefined ? undefined : await sessionOf(parts, session_id, caller);
        const filter = {
          tenant: tenantFor(caller, undefined),
          session,
          type: type ?? event_type,
          severity,
          since,
          until,
        };
        const rows = await eventsOf(db, filter).orderBy('id', 'desc').limit(limit).offset(offset).execute();
        return { count: rows.length, limit, offset, events: rows.map(eventInfo) };
      },
    }),
    compatRoute({
      url: '/events/stats',
      access: 'events:read',
      query: z.looseObject(window),
      async answer({ since, until }, { caller }) {
        const rows = eventsOf(db, { tenant: tenantFor(caller, undefined), since, until }).clearSelect();
        const [groups, sessions] = await Promise.all([
          rows
            .select(['type', 'severity'])
            .select((select) => select.fn.countAll().as('count'))
            .groupBy(['type', 'severity'])
            .execute(),
          rows
            .where('session', '!=', '')
            .select((select) => select.fn.count('session').distinct().as('count'))
            .executeTakeFirst(),
        ]);
        const by = (pick: 'type' | 'severity'): Record<string, number> => {
          const counts: Record<string, number> = {};
          for (const group of groups)
            if (group[pick]) counts[group[pick]] = (counts[group[pick]] ?? 0) + Number(group.count);
          return counts;
        };
        return {
          total_events: groups.reduce((sum, { count }) => sum + Number(count), 0),
          unique_session_ids: Number(sessions?.count ?? 0),
          events_by_type: by('type'),
          events_by_severity: by('severity'),
        };
      },
    }),
    compatRoute({
      url: '/events/:id',
      access: 'events:read',
      query: z.looseObject({}),
      async answer(_query, { caller, params }) {
        const session = await sessionOf(parts, params.id ?? '', caller);
        const rows = await eventsOf(db, { tenant: tenantFor(caller, undefined), session })
          .orderBy('id', 'asc')
          .limit(SESSION_EVENTS_MAX)
          .execute();
        return { session_id: session, count: rows.length, events: rows.map(eventInfo) };
      },
    }),
  ];
}
