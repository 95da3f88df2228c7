import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { currentVersion, snapshotViewOf } from '../../publisher/snapshot-rows.ts';

export const listSnapshots =
  ({ db }: Pick<Parts, 'db'>): Handler<'listSnapshots'> =>
  async ({ query: { limit, cursor } }) => {
    if (!/^\d*$/.test(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
    const [current, rows] = await Promise.all([
      currentVersion(db),
      db
        .selectFrom('snapshots')
        .select(['version', 'hash', 'author', 'note', 'created_at'])
        .$if(cursor !== '', (query) => query.where('version', '<', Number(cursor)))
        .orderBy('version', 'desc')
        .limit(limit + 1)
        .execute(),
    ]);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      body: {
        snapshots: page.map((row) => snapshotViewOf(row, current)),
        next_cursor: rows.length > limit && last ? String(last.version) : '',
      },
    };
  };
