import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { findPolicy, policyViewOf } from '../../policies/rows.ts';

export const getPolicyVersion =
  ({ db }: Pick<Parts, 'db'>): Handler<'getPolicyVersion'> =>
  async ({ params }) => ({ body: policyViewOf(await findPolicy(db, params.name, params.version)) });
