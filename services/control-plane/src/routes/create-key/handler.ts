import { EVERY_TENANT } from '@elida/contracts/api';
import type { Caller, Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { newApiKey, printApiKey, secretHash } from '../../access/api-key.ts';
import { keyViewOf } from '../../access/key-view-of.ts';
import type { Parts } from '../../parts.ts';

const DEFAULT_TENANT = 'default';
const SLUG = /^[a-z0-9][a-z0-9_-]{0,62}$/;

const invalid = (path: string, message: string): Fault =>
  new Fault('invalid', `body.${path}: ${message}`, { errors: [{ path: `body.${path}`, message }] });

/** A caller of the proxy belongs to one tenant; everybody else, unless told, to the maker's own. */
function tenantOf(caller: Caller, asked: string | undefined, isClient: boolean): string {
  const own = caller.tenant;
  const tenant = asked ?? (own === EVERY_TENANT && isClient ? DEFAULT_TENANT : own);
  if (own !== EVERY_TENANT && tenant !== own)
    throw new Fault('not_allowed', 'this credential belongs to another tenant');
  if (tenant === EVERY_TENANT && isClient) throw invalid('tenant', 'a client key belongs to one tenant');
  if (tenant !== EVERY_TENANT && !SLUG.test(tenant)) throw invalid('tenant', 'is lower case letters, digits, - and _');
  return tenant;
}

export const createKey =
  ({
    journal,
    keyring,
    publisher,
    installation,
    clock,
  }: Pick<Parts, 'journal' | 'keyring' | 'publisher' | 'installation' | 'clock'>): Handler<'createKey'> =>
  async ({ body }, { caller }) => {
    const isClient = body.roles.includes('client');
    const tenant = tenantOf(caller, body.tenant, isClient);
    const now = clock.now();
    const expires_at = body.expires_at ? new Date(body.expires_at) : null;
    if (expires_at && expires_at.getTime() <= now) throw invalid('expires_at', 'lies in the past');
    const key = newApiKey();
    const row = {
      id: key.id,
      hash: secretHash(installation, key.secret),
      kid: installation.kid,
      name: body.name,
      owner: 'api' as const,
      tenant,
      principal: body.principal ?? `key:${key.id}`,
      roles: [...body.roles],
      backends: body.backends,
      may_choose_backend: body.may_choose_backend,
      expires_at,
      created_at: new Date(now),
      created_by: caller.principal,
      revoked_at: null,
    };
    await journal.write(async (tx, { note }) => {
      await tx.insertInto('api_keys').values(row).execute();
      const data = { key: key.id, name: body.name, roles: body.roles, actor: caller.principal };
      note('key_created', { tenant, session: '', incarnation: 0 }, data);
    });
    await keyring.load();
    if (isClient) await publisher.publish(caller.principal, `key ${key.id}`, ['credentials']);
    return { body: { ...keyViewOf(row), key: printApiKey(key) } };
  };
