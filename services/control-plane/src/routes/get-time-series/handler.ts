import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { timeSeriesOf } from '../../record/time-series.ts';

export const getTimeSeries =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'getTimeSeries'> =>
  async ({ query }, { caller }) => ({
    body: await timeSeriesOf(db, { ...query, tenant: tenantFor(caller, query.tenant) }, clock.now()),
  });
