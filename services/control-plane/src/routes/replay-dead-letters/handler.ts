import type { Handler } from '@elida/http';
import { replayDeadLetters as replay } from '@elida/postgres';
import { EVERYWHERE } from '../../log/everywhere.ts';
import type { Parts } from '../../parts.ts';

export const replayDeadLetters =
  ({ journal }: Pick<Parts, 'journal'>): Handler<'replayDeadLetters'> =>
  async ({ body: { ids, sink } }, { caller }) => {
    const replayed = await journal.write(async (tx, { note }) => {
      const count = await replay(tx, ids ? { ids } : { sink: sink ?? '' });
      const name = ids ? ids.join(',').slice(0, 200) : (sink ?? '');
      note('settings_changed', EVERYWHERE, {
        resource: 'dead letters',
        name,
        change: 'replay',
        actor: caller.principal,
      });
      return count;
    });
    return { body: { replayed } };
  };
