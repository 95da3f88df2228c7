import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const getStats =
  ({ store }: Pick<Parts, 'store'>): Handler<'getStats'> =>
  async ({ query }, { caller }) => {
    const [states, edges] = await Promise.all([store.counts(tenantFor(caller, query.tenant)), store.edges()]);
    return {
      body: {
        total: Object.values(states).reduce((sum, count) => sum + count, 0),
        states: { ...states },
        edges: edges.length,
        inflight: edges.reduce((sum, { inflight }) => sum + inflight, 0),
      },
    };
  };
