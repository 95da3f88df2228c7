import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import { usageOf } from '../../insight/usage.ts';
import type { Parts } from '../../parts.ts';

const DAY_MS = 86_400_000;

export const getUsage =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'getUsage'> =>
  async ({ query }, { caller }) => {
    const { by, limit } = query;
    const until = new Date(query.until ?? clock.now());
    const since = new Date(query.since ?? until.getTime() - DAY_MS);
    const tenant = tenantFor(caller, query.tenant);
    const sums = await usageOf(db, { by, tenant, since, until, limit });
    return { body: { by, since: since.toISOString(), until: until.toISOString(), ...sums } };
  };
