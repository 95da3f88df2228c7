import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { eventsOf, eventViewOf } from '../../record/event-rows.ts';

export const getEvent =
  ({ db }: Pick<Parts, 'db'>): Handler<'getEvent'> =>
  async ({ params: { event_id } }, { caller }) => {
    const row = await eventsOf(db, { tenant: tenantFor(caller, undefined) })
      .where('event_id', '=', event_id)
      .executeTakeFirst();
    if (!row) throw new Fault('not_found', `there is no event ${event_id}`);
    return { body: eventViewOf(row) };
  };
