import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { type BackendRow, backendViewOf } from '../../publisher/backend-row.ts';

export const getBackend =
  ({ db }: Pick<Parts, 'db'>): Handler<'getBackend'> =>
  async ({ params }) => {
    const row = await db.selectFrom('backends').selectAll().where('name', '=', params.name).executeTakeFirst();
    if (!row) throw new Fault('not_found', `there is no backend ${params.name}`);
    return { body: backendViewOf(row as unknown as BackendRow), etag: String(row.revision) };
  };
