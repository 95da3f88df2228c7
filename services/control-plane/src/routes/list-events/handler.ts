import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { eventsOf, eventViewOf } from '../../record/event-rows.ts';

export const listEvents =
  ({ db }: Pick<Parts, 'db'>): Handler<'listEvents'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, ...filter } = query;
    if (!/^\d*$/.test(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
    const rows = await eventsOf(db, { ...filter, tenant: tenantFor(caller, tenant) })
      .$if(cursor !== '', (events) => events.where('id', '<', cursor))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return { body: { events: page.map(eventViewOf), next_cursor: rows.length > limit ? (page.at(-1)?.id ?? '') : '' } };
  };
