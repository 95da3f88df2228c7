import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { lastPolicies, withoutContent } from '../../policies/rows.ts';

export const listPolicies =
  ({ db }: Pick<Parts, 'db'>): Handler<'listPolicies'> =>
  async () => {
    return { body: { policies: (await lastPolicies(db)).map(withoutContent) } };
  };
