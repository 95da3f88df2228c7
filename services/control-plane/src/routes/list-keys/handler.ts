import type { Handler } from '@elida/http';
import { keyViewOf } from '../../access/key-view-of.ts';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const listKeys =
  ({ db }: Pick<Parts, 'db'>): Handler<'listKeys'> =>
  async (_input, { caller }) => {
    const tenant = tenantFor(caller, undefined);
    const rows = await db
      .selectFrom('api_keys')
      .selectAll()
      .$if(tenant !== '', (query) => query.where('tenant', '=', tenant))
      .orderBy('created_at', 'desc')
      .execute();
    return { body: { keys: rows.map(keyViewOf) } };
  };
