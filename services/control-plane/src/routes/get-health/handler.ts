import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const getHealth =
  ({ health }: Pick<Parts, 'health'>): Handler<'getHealth'> =>
  async () => ({ body: await health.look() });
