/** Whose log a question is about. What concerns no tenant alone is told in the log of `*`. */
import { EVERY_TENANT } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../authorize.ts';
import type { Db } from '../ports.ts';
import { tenantsWithLog } from './log-states.ts';

/** @returns those that fit, whether anything was written in them yet or not. @throws Fault not_allowed, database_unavailable. */
export async function logsFor(db: Db, caller: Caller, asked: string | undefined): Promise<readonly string[]> {
  if (asked === EVERY_TENANT && caller.tenant === EVERY_TENANT) return [EVERY_TENANT];
  const tenant = tenantFor(caller, asked);
  return tenant === '' ? await tenantsWithLog(db) : [tenant];
}

/**
 * The caller's, the one that is named, or the only one that there is.
 * @throws Fault not_allowed, ambiguous (naming the tenants), not_found, database_unavailable.
 */
export async function whichLog(db: Db, caller: Caller, asked: string | undefined): Promise<string> {
  const tenants = await logsFor(db, caller, asked);
  const [only] = tenants;
  if (only === undefined) throw new Fault('not_found', 'there is no log yet');
  if (tenants.length === 1) return only;
  throw new Fault(
    'ambiguous',
    `there are ${tenants.length} logs: name a tenant (${tenants.join(', ').slice(0, 200)})`,
    {
      errors: tenants.map((name) => ({ path: 'query.tenant', message: name })),
    },
  );
}
