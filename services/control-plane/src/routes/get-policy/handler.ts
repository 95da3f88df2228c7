import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { findPolicy, policyViewOf } from '../../policies/rows.ts';

export const getPolicy =
  ({ db }: Pick<Parts, 'db'>): Handler<'getPolicy'> =>
  async ({ params }) => {
    const row = await findPolicy(db, params.name);
    return { body: policyViewOf(row), etag: String(row.version) };
  };
