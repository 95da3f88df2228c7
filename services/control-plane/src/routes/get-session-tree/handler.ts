import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const getSessionTree =
  ({ finder, store, ladders }: Pick<Parts, 'finder' | 'store' | 'ladders'>): Handler<'getSessionTree'> =>
  async ({ params }, { caller }) => {
    const { sid } = await finder.find(params.id, caller);
    const [sessions] = await Promise.all([store.tree(sid), ladders.refresh()]);
    return { body: { root: sid, sessions: sessions.map((record) => ladders.view(record)) } };
  };
