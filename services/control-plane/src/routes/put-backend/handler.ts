import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { toJsonb } from '@elida/postgres';
import type { Parts } from '../../parts.ts';
import { type BackendRow, backendViewOf, specOf } from '../../publisher/backend-row.ts';
import { sourceFromApi } from '../../publisher/key-source.ts';
import { checkPrecondition } from '../../publisher/precondition.ts';

const EVERYWHERE = { tenant: EVERY_TENANT, session: '', incarnation: 0 };

/** A body without `api_key` keeps the key that is there; an empty one removes it. */
export const putBackend =
  ({
    journal,
    publisher,
    installation,
    clock,
  }: Pick<Parts, 'journal' | 'publisher' | 'installation' | 'clock'>): Handler<'putBackend'> =>
  async ({ params: { name }, body }, { caller, ...headers }) => {
    const row = await journal.write(async (tx, { note }) => {
      const found = await tx.selectFrom('backends').selectAll().where('name', '=', name).forUpdate().executeTakeFirst();
      const before = found as BackendRow | undefined;
      checkPrecondition(headers, before ? String(before.revision) : null);
      if (before && before.owner !== 'api') throw new Fault('managed_elsewhere', `${name} is owned by ${before.owner}`);
      const isKept = before !== undefined && body.api_key === undefined;
      const key = isKept ? before.spec.key : sourceFromApi(installation, body.api_key, name);
      const spec = specOf(body, key);
      const revision = (before?.revision ?? 0) + 1;
      const updated_at = new Date(clock.now());
      const values = { name, owner: 'api' as const, spec: toJsonb(spec), revision, updated_at };
      await tx
        .insertInto('backends')
        .values(values)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
      note('settings_changed', EVERYWHERE, {
        resource: 'backend',
        name,
        change: before ? 'replaced' : 'created',
        actor: caller.principal,
      });
      return { name, owner: 'api' as const, spec, revision, updated_at };
    });
    await publisher.publish(caller.principal, `backend ${name}`, ['backends']);
    return { body: backendViewOf(row), etag: String(row.revision) };
  };
