/**
 * Who is calling, once the backend is known: a provider's key identifies only where it is the key that will be used
 * (spec: a caller who brings nothing of value to a backend with an injected key has proved nothing).
 */
import { Fault, type Installation, mac } from '@elida/kernel';
import { Remembered } from '../remembered.ts';
import type { Backend } from '../tables/backend.ts';
import type { Tables } from '../tables/tables.ts';
import type { Admission } from './admit.ts';

export interface Principal {
  readonly tenant: string;
  /** `key:<hash>` of a provider's key, `addr:<address>`, or the name in the ELIDA key's record. */
  readonly principal: string;
}

const DEFAULT_TENANT = 'default';

/** By installation, so that nothing is remembered across them. Provider keys are in memory anyway while their requests run. */
const digests = new WeakMap<Installation, Remembered<string>>();
const DIGESTS_MAX = 4_096;

function digestsOf(installation: Installation): Remembered<string> {
  const known = digests.get(installation) ?? new Remembered<string>(DIGESTS_MAX);
  digests.set(installation, known);
  return known;
}

function digestOf(providerKey: string, installation: Installation): string {
  const known = digestsOf(installation);
  return (
    known.get(providerKey) ??
    known.set(providerKey, mac(installation.key('provider-key'), providerKey).toString('hex', 0, 8))
  );
}

/** @throws Fault not_authenticated, not_allowed. */
export function principalOf(
  admission: Admission,
  backend: Backend,
  { settings }: Tables,
  installation: Installation,
): Principal {
  const { key, networkTenant, providerKey, loopback, clientAddress } = admission;
  if (key !== null) {
    if (key.backends !== null && !key.backends.has(backend.name)) {
      throw new Fault('not_allowed', `The key does not allow the backend ${backend.name}`);
    }
    return { tenant: key.tenant || DEFAULT_TENANT, principal: key.principal };
  }
  const tenant = networkTenant ?? DEFAULT_TENANT;
  if (providerKey !== '' && !backend.hasKey) {
    return { tenant, principal: `key:${digestOf(providerKey, installation)}` };
  }
  const isOpen = networkTenant !== null || (loopback && settings.anonymousLoopback) || settings.anonymousAnywhere;
  if (!isOpen) throw new Fault('not_authenticated', `The backend ${backend.name} needs an ELIDA key`);
  return { tenant, principal: `addr:${clientAddress}` };
}

/** Whoever the caller may turn out to be once the backend is known: what must be read of a body is known before. */
export function possiblePrincipals(admission: Admission, installation: Installation): readonly Principal[] {
  const { key, networkTenant, providerKey, clientAddress } = admission;
  if (key !== null) return [{ tenant: key.tenant || DEFAULT_TENANT, principal: key.principal }];
  const tenant = networkTenant ?? DEFAULT_TENANT;
  const byAddress = { tenant, principal: `addr:${clientAddress}` };
  if (providerKey === '') return [byAddress];
  return [{ tenant, principal: `key:${digestOf(providerKey, installation)}` }, byAddress];
}

/** Shapes that only OpenAI gives out; a bare `sk-` is also the key of others, some of which speak Anthropic's dialect. */
const OPENAI_KEY = /\bsk-(?:proj|svcacct|admin)-/;

/** Whether a credential header of the caller's may go to this backend. @param name lower case. */
export function mayPassCredential(backend: Backend, tables: Tables, name: string, value: string): boolean {
  // ELIDA brings the key; or this header carried a key of ours.
  if (backend.hasKey || value.includes('elida_')) return false;
  if (!tables.mixed) return true;
  const isAnthropic = backend.dialect === 'anthropic';
  if (name === 'authorization') return isAnthropic ? !OPENAI_KEY.test(value) : !value.includes('sk-ant-');
  if (name === 'x-api-key') return isAnthropic || (backend.dialect !== 'openai' && !value.startsWith('sk-ant-'));
  return name !== 'x-goog-api-key' || !isAnthropic;
}
