import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { checkPrecondition } from '../../publisher/precondition.ts';

const EVERYWHERE = { tenant: EVERY_TENANT, session: '', incarnation: 0 };

export const deleteBackend =
  ({ journal, publisher }: Pick<Parts, 'journal' | 'publisher'>): Handler<'deleteBackend'> =>
  async ({ params: { name } }, { caller, ...headers }) => {
    await journal.write(async (tx, { note }) => {
      const row = await tx.selectFrom('backends').selectAll().where('name', '=', name).forUpdate().executeTakeFirst();
      if (!row) throw new Fault('not_found', `there is no backend ${name}`);
      if (row.owner !== 'api') throw new Fault('managed_elsewhere', `${name} is owned by ${row.owner}`);
      checkPrecondition(headers, String(row.revision));
      await tx.deleteFrom('backends').where('name', '=', name).execute();
      note('settings_changed', EVERYWHERE, { resource: 'backend', name, change: 'deleted', actor: caller.principal });
    });
    await publisher.publish(caller.principal, `backend ${name} deleted`, ['backends']);
    return { body: null };
  };
