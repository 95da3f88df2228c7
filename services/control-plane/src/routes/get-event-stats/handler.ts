import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { eventStatsOf } from '../../record/event-stats.ts';

export const getEventStats =
  ({ db }: Pick<Parts, 'db'>): Handler<'getEventStats'> =>
  async ({ query }, { caller }) => ({
    body: await eventStatsOf(db, { ...query, tenant: tenantFor(caller, query.tenant) }),
  });
