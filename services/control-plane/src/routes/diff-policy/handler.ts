import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { diffOf } from '../../policies/diff.ts';
import { findPolicy } from '../../policies/rows.ts';

export const diffPolicy =
  ({ db }: Pick<Parts, 'db'>): Handler<'diffPolicy'> =>
  async ({ params: { name }, query }) => {
    const to = await findPolicy(db, name, query.to);
    const before = query.from ?? to.version - 1;
    return { body: diffOf(before === 0 ? null : await findPolicy(db, name, before), to) };
  };
