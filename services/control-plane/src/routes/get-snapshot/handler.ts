import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { currentVersion, findSnapshot, snapshotViewOf, withoutCredentials } from '../../publisher/snapshot-rows.ts';

export const getSnapshot =
  ({ db }: Pick<Parts, 'db'>): Handler<'getSnapshot'> =>
  async ({ params }) => {
    const row = await findSnapshot(db, params.version);
    return { body: { ...snapshotViewOf(row, await currentVersion(db)), content: withoutCredentials(row.content) } };
  };
