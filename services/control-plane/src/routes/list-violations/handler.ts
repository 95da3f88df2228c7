import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import { violationsOf, violationViewOf } from '../../insight/violations.ts';
import type { Parts } from '../../parts.ts';
import { pageOf } from '../../record/id-cursor.ts';

export const listViolations =
  ({ db }: Pick<Parts, 'db'>): Handler<'listViolations'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, ...filter } = query;
    const found = violationsOf(db, { ...filter, tenant: tenantFor(caller, tenant) });
    const { rows, next } = await pageOf(found, { cursor, limit });
    return { body: { violations: rows.map(violationViewOf), next_cursor: next } };
  };
