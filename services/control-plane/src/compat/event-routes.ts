/** /control/events. `id` is the order of insertion; `type` and `event_type` are the same. */
import { instant } from '@elida/contracts/api';
import type { Caller, Route } from '@elida/http';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { type EventRow, eventsOf } from '../record/event-rows.ts';
import { eventStatsOf } from '../record/event-stats.ts';
import { firstBehind, pageOf } from '../record/id-cursor.ts';
import { eventProof } from './event-proof.ts';
import { compatRoute } from './route.ts';
import { sessionOf } from './session-name.ts';

type EventParts = Pick<Parts, 'db' | 'finder' | 'signerOf'>;

const window = { since: instant.optional(), until: instant.optional() };
const listQuery = z.looseObject({
  ...window,
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  session_id: z.string().max(128).optional(),
  type: z.string().max(64).optional(),
  event_type: z.string().max(64).optional(),
  severity: z.string().max(16).optional(),
  /** `next_cursor` of the page before: stays right while events come in. */
  cursor: z.string().max(32).default(''),
});
const sessionQuery = listQuery.omit({ session_id: true, cursor: true }).extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
});

const filterOf = ({ type, event_type, severity, since, until }: Partial<z.output<typeof listQuery>>) => ({
  type: type ?? event_type,
  severity,
  since,
  until,
});

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

export function eventRoutes(parts: EventParts): Route[] {
  const { db } = parts;
  return [
    compatRoute({
      url: '/events',
      access: 'events:read',
      query: listQuery,
      answer: (query, { caller }) => listOf(parts, query, caller),
    }),
    compatRoute({
      url: '/events/stats',
      access: 'events:read',
      query: z.looseObject(window),
      answer: ({ since, until }, { caller }) =>
        eventStatsOf(db, { tenant: tenantFor(caller, undefined), since, until }),
    }),
    compatRoute({
      url: '/events/:id',
      access: 'events:read',
      query: sessionQuery,
      async answer({ limit, offset, ...filter }, { caller, params }) {
        const session = await sessionOf(parts, params.id ?? '', caller);
        const rows = await eventsOf(db, { ...filterOf(filter), tenant: tenantFor(caller, undefined), session })
          .orderBy('id', 'asc')
          .limit(limit)
          .offset(offset)
          .execute();
        return { session_id: session, count: rows.length, events: rows.map(eventInfo) };
      },
    }),
    compatRoute({
      url: '/events/:id/:event/proof',
      access: 'events:read',
      query: z.looseObject({}),
      answer: (_query, { caller, params }) => eventProof(parts, params.id ?? '', params.event ?? '', caller),
    }),
  ];
}

async function listOf(parts: EventParts, query: z.output<typeof listQuery>, caller: Caller): Promise<object> {
  const { db } = parts;
  const { limit, offset, session_id, cursor } = query;
  const session = session_id === undefined ? undefined : await sessionOf(parts, session_id, caller);
  const events = eventsOf(db, { ...filterOf(query), tenant: tenantFor(caller, undefined), session });
  // From an index alone, however far: rows that are skipped are not read.
  const first = offset === 0 ? null : await firstBehind(events, offset);
  if (first === '') return { count: 0, limit, offset, events: [], next_cursor: '' };
  const { rows, next } = await pageOf(first === null ? events : events.where('id', '<=', first), { cursor, limit });
  return { count: rows.length, limit, offset, events: rows.map(eventInfo), next_cursor: next };
}
