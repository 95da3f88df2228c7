import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { historyStatsOf } from '../../record/history-stats.ts';

export const getHistoryStats =
  ({ db }: Pick<Parts, 'db'>): Handler<'getHistoryStats'> =>
  async ({ query }, { caller }) => ({
    body: await historyStatsOf(db, { ...query, tenant: tenantFor(caller, query.tenant) }),
  });
