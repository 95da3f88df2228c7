import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { listedOf, releasedVersions } from '../../policies/rows.ts';

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
    const released = await releasedVersions(db);
    return { body: { policies: rows.map((row) => listedOf(row, released)) } };
  };
