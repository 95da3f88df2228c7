import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { eventOf, eventViewOf } from '../../record/event-rows.ts';

export const getEvent =
  ({ db }: Pick<Parts, 'db'>): Handler<'getEvent'> =>
  async ({ params: { event_id } }, { caller }) => {
    const row = await eventOf(db, event_id, tenantFor(caller, undefined));
    if (!row) throw new Fault('not_found', `there is no event ${event_id}`);
    return { body: eventViewOf(row) };
  };
