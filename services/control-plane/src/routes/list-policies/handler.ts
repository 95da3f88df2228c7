import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { lastPolicies, listedOf, releasedVersions } from '../../policies/rows.ts';

export const listPolicies =
  ({ db }: Pick<Parts, 'db'>): Handler<'listPolicies'> =>
  async () => {
    const [rows, released] = await Promise.all([lastPolicies(db), releasedVersions(db)]);
    return { body: { policies: rows.map((row) => listedOf(row, released)) } };
  };
