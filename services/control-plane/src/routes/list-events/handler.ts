import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { eventsOf, eventViewOf } from '../../record/event-rows.ts';
import { pageOf } from '../../record/id-cursor.ts';

export const listEvents =
  ({ db }: Pick<Parts, 'db'>): Handler<'listEvents'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, ...filter } = query;
    const { rows, next } = await pageOf(eventsOf(db, { ...filter, tenant: tenantFor(caller, tenant) }), {
      cursor,
      limit,
    });
    return { body: { events: rows.map(eventViewOf), next_cursor: next } };
  };
