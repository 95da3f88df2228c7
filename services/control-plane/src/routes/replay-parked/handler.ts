import type { Handler } from '@elida/http';
import { askReplay } from '@elida/postgres';
import { EVERYWHERE } from '../../log/everywhere.ts';
import type { Parts } from '../../parts.ts';

export const replayParked =
  ({ journal }: Pick<Parts, 'journal'>): Handler<'replayParked'> =>
  async ({ body: { ids } }, { caller }) => {
    const replayed = await journal.write(async (tx, { note }) => {
      const count = await askReplay(tx, ids);
      const name = ids.length > 0 ? ids.join(',').slice(0, 200) : 'all';
      note('settings_changed', EVERYWHERE, {
        resource: 'parked batches',
        name,
        change: 'replay',
        actor: caller.principal,
      });
      return count;
    });
    return { body: { replayed } };
  };
