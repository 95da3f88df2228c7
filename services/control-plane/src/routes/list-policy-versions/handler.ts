import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { withoutContent } from '../../policies/rows.ts';

export const listPolicyVersions =
  ({ db }: Pick<Parts, 'db'>): Handler<'listPolicyVersions'> =>
  async ({ params }) => {
    const rows = await db
      .selectFrom('policies')
      .selectAll()
      .where('name', '=', params.name)
      .where('deleted', '=', false)
      .orderBy('version', 'desc')
      .execute();
    if (rows.length === 0) throw new Fault('not_found', `there is no policy ${params.name}`);
    return { body: { policies: rows.map(withoutContent) } };
  };
