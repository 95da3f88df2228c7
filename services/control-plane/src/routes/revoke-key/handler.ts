import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { keyViewOf } from '../../access/key-view-of.ts';
import { maySee } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const revokeKey =
  ({
    journal,
    keyring,
    publisher,
    clock,
  }: Pick<Parts, 'journal' | 'keyring' | 'publisher' | 'clock'>): Handler<'revokeKey'> =>
  async ({ params: { id } }, { caller }) => {
    const row = await journal.write(async (tx, { note }) => {
      const found = await tx.selectFrom('api_keys').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      if (!found || !maySee(caller, found.tenant)) throw new Fault('not_found', `there is no key ${id}`);
      if (found.owner !== 'api') throw new Fault('managed_elsewhere', `the key ${id} comes from the environment`);
      if (found.revoked_at) return found;
      const revoked_at = new Date(clock.now());
      await tx.updateTable('api_keys').set({ revoked_at }).where('id', '=', id).execute();
      note('key_revoked', { tenant: found.tenant, session: '', incarnation: 0 }, { key: id, actor: caller.principal });
      return { ...found, revoked_at };
    });
    await keyring.load();
    await publisher.publish(caller.principal, `key ${id} revoked`, ['credentials']);
    return { body: keyViewOf(row) };
  };
