import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const getSession =
  ({ finder, ladders }: Pick<Parts, 'finder' | 'ladders'>): Handler<'getSession'> =>
  async ({ params }, { caller }) => {
    const [record] = await Promise.all([finder.find(params.id, caller), ladders.refresh()]);
    return { body: ladders.view(record), etag: `${record.incarnation}.${record.epoch}` };
  };
