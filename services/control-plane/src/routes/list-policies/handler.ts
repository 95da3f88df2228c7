import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { withoutContent } from '../../publisher/policy-rows.ts';

export const listPolicies =
  ({ db }: Pick<Parts, 'db'>): Handler<'listPolicies'> =>
  async () => {
    const rows = await db
      .selectFrom('policies')
      .distinctOn('name')
      .selectAll()
      .orderBy('name')
      .orderBy('version', 'desc')
      .execute();
    return { body: { policies: rows.map(withoutContent) } };
  };
