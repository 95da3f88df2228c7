import type { ExplainRequest } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { authorize } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { explainPolicy as explain } from '../../policies/explain.ts';
import { findPolicy, lastPolicies, type PolicyRow } from '../../policies/rows.ts';
import { type Written, writtenOf } from '../../policies/written.ts';

type Used = Pick<Parts, 'db' | 'publisher'>;

/** Of a stored policy, or of one that somebody is about to store. */
export const explainPolicy =
  ({ db, publisher }: Used): Handler<'explainPolicy'> =>
  async ({ body }, { caller }) => {
    if (body.name === undefined) authorize(caller, 'policies:write');
    const { compiler } = publisher;
    const row = body.name === undefined ? null : await findPolicy(db, body.name, body.version);
    const written: Written = row ? writtenOf({ content: row.content }) : writtenOf(body);
    const layer = body.tenant === undefined ? undefined : await layerOf(db, body.tenant);
    const compiled = compiler.compile(written.content, layer?.content);
    if (!compiled.ok) {
      const errors = compiled.problems.map(written.errorOf);
      throw new Fault('invalid', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
    }
    const label = row ? `${row.name}@${row.version}` : '';
    return { body: explain(compiler, compiled.policy, label, body) };
  };

async function layerOf(db: Used['db'], tenant: NonNullable<ExplainRequest['tenant']>): Promise<PolicyRow | undefined> {
  return (await lastPolicies(db)).find(({ content: { layer, match } }) => {
    const named = (match as { readonly tenants?: readonly string[] } | undefined)?.tenants;
    return layer === 'tenant' && named?.includes(tenant);
  });
}
