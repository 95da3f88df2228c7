/** Who is calling: by key; on loopback, where it is allowed, without one; from anywhere, where somebody said so. */
import { EVERY_TENANT } from '@elida/contracts/api';
import { type Caller, foreignReason, isLoopback, type Knock, presentedKey } from '@elida/http';
import { Fault, type Installation, sameBytes } from '@elida/kernel';
import { secretHash } from './api-key.ts';
import type { Keyring } from './keyring.ts';

export interface AccessRules {
  /** Loopback callers need no key. Only ever true where the listener itself is on loopback. */
  readonly localWithoutKey: boolean;
  /** `control.auth.allow_insecure`. */
  readonly openToAll: boolean;
  /** `control.auth.api_key` of the file: one shared key with full power, as the seeds have it. */
  readonly sharedKey: string | undefined;
  /** Host names, beside loopback, under which callers without a key may ask. */
  readonly allowedHosts: readonly string[];
}

const everything = (principal: string, how: Caller['how']): Caller => ({
  principal,
  tenant: EVERY_TENANT,
  roles: ['owner'],
  how,
});

export function createAuthenticate(
  keyring: Keyring,
  installation: Installation,
  rules: AccessRules,
): (knock: Knock) => Promise<Caller> {
  const shared = rules.sharedKey === undefined ? null : secretHash(installation, rules.sharedKey);
  return async (knock) => {
    const key = presentedKey(knock);
    if (key !== '') {
      if (shared && sameBytes(secretHash(installation, key), shared)) return everything('shared-key', 'key');
      const row = await keyring.find(key);
      // A key that is shown counts or refuses: it never falls back to something weaker.
      if (!row) throw new Fault('not_authenticated', 'the key is not known, expired or revoked');
      return { principal: row.principal, tenant: row.tenant, roles: row.roles, how: 'key' };
    }
    const isLocal = rules.localWithoutKey && isLoopback(knock.address);
    if (!isLocal && !rules.openToAll) throw new Fault('not_authenticated', 'send a key: Authorization: Bearer elida_…');
    const reason = foreignReason(knock, rules.allowedHosts);
    if (reason !== null && !(rules.openToAll && !isBrowser(knock))) throw new Fault('foreign_origin', reason);
    return everything(isLocal ? 'local' : 'anyone', isLocal ? 'local' : 'open');
  };
}

/** Only browsers send these; whoever is open to all still must not be driven by a foreign page. */
const isBrowser = (knock: Knock): boolean =>
  knock.headers.origin !== undefined || knock.headers['sec-fetch-site'] !== undefined;
