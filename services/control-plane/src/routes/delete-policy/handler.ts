import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { toJsonb } from '@elida/postgres';
import type { Parts } from '../../parts.ts';
import { lastVersion } from '../../policies/rows.ts';
import { checkPrecondition } from '../../publisher/precondition.ts';

const EVERYWHERE = { tenant: EVERY_TENANT, session: '', incarnation: 0 };

/** A last version that says so: what was in force stays to be read. */
export const deletePolicy =
  ({ journal, clock }: Pick<Parts, 'journal' | 'clock'>): Handler<'deletePolicy'> =>
  async ({ params: { name } }, { caller, ...headers }) => {
    await journal.write(async (tx, { note }) => {
      const last = await lastVersion(tx, name);
      if (!last || last.deleted) throw new Fault('not_found', `there is no policy ${name}`);
      if (last.owner !== 'api') throw new Fault('managed_elsewhere', `${name} is owned by ${last.owner}`);
      checkPrecondition(headers, String(last.version));
      const version = last.version + 1;
      const author = caller.principal;
      const row = { name, version, owner: 'api' as const, author, created_at: new Date(clock.now()), deleted: true };
      await tx
        .insertInto('policies')
        .values({ ...row, content: toJsonb({}) })
        .execute();
      note('settings_changed', EVERYWHERE, { resource: 'policy', name, change: 'deleted', actor: author });
    });
    return { body: null };
  };
