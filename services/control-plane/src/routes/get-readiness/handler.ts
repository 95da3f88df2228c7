import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';

/** Asked by anybody: says which part, not why. Without Postgres orders are still taken, so that alone keeps no one out. */
export const getReadiness =
  ({ health }: Pick<Parts, 'health'>): Handler<'getReadiness'> =>
  async () => {
    const { status, checks } = await health.look();
    const parts = Object.fromEntries(Object.entries(checks).map(([name, { ok }]) => [name, ok]));
    if (status === 'down') throw new Fault('not_ready', 'neither the session store nor the bus answers');
    return { body: { status, checks: parts } };
  };
