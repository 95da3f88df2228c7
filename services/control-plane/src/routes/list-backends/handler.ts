import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { type BackendRow, backendViewOf } from '../../publisher/backend-row.ts';

export const listBackends =
  ({ db }: Pick<Parts, 'db'>): Handler<'listBackends'> =>
  async () => {
    const rows = (await db.selectFrom('backends').selectAll().orderBy('name').execute()) as unknown as BackendRow[];
    return { body: { backends: rows.map(backendViewOf) } };
  };
