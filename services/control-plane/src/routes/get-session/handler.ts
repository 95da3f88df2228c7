import { toSessionView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const getSession =
  ({ finder, clock }: Pick<Parts, 'finder' | 'clock'>): Handler<'getSession'> =>
  async ({ params }, { caller }) => {
    const record = await finder.find(params.id, caller);
    return { body: toSessionView(record, clock.now()), etag: `${record.incarnation}.${record.epoch}` };
  };
