import { toSessionView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const getSessionTree =
  ({ finder, store, clock }: Pick<Parts, 'finder' | 'store' | 'clock'>): Handler<'getSessionTree'> =>
  async ({ params }, { caller }) => {
    const { sid } = await finder.find(params.id, caller);
    const sessions = await store.tree(sid);
    return { body: { root: sid, sessions: sessions.map((record) => toSessionView(record, clock.now())) } };
  };
