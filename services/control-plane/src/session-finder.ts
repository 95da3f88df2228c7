/** A session by its id or its display name, for somebody who may see it. */
import type { SessionRecord } from '@elida/contracts';
import { EVERY_TENANT } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';
import type { Keyring } from './access/keyring.ts';
import { maySee } from './authorize.ts';
import type { SessionDirectory } from './ports.ts';

const DEFAULT_TENANT = 'default';
export const isSessionId = (text: string): boolean => /^ses_[a-z2-7]{20,}$/.test(text);

export class SessionFinder {
  readonly #store: SessionDirectory;
  readonly #keyring: Pick<Keyring, 'rows'>;
  readonly #fileTenants: readonly string[];

  /** @param fileTenants those that trusted networks of the file name. */
  constructor(store: SessionDirectory, keyring: Pick<Keyring, 'rows'>, fileTenants: readonly string[]) {
    this.#store = store;
    this.#keyring = keyring;
    this.#fileTenants = fileTenants;
  }

  /** @throws Fault not_found, ambiguous (naming the candidates), store_unavailable. */
  async find(name: string, caller: Pick<Caller, 'tenant'>): Promise<SessionRecord> {
    const direct = await this.#store.get(name);
    if (direct && maySee(caller, direct.tenant)) return direct;
    const candidates = isSessionId(name) ? [] : await this.#named(name, caller);
    if (candidates.length > 1)
      throw new Fault('ambiguous', `${name} fits ${candidates.length} sessions: ${candidates.join(', ')}`, {
        errors: candidates.map((candidate) => ({ path: 'id', message: candidate })),
      });
    const record = candidates[0] === undefined ? null : await this.#store.get(candidates[0]);
    if (record && maySee(caller, record.tenant)) return record;
    throw new Fault('not_found', `there is no session ${name}`);
  }

  async #named(name: string, caller: Pick<Caller, 'tenant'>): Promise<string[]> {
    const found = await Promise.all(this.#tenants(caller).map((tenant) => this.#store.named(name, tenant)));
    return [...new Set(found.flat())];
  }

  /** Display names are kept per tenant: who is confined to none looks under all that credentials speak for. */
  #tenants({ tenant }: Pick<Caller, 'tenant'>): string[] {
    if (tenant !== EVERY_TENANT) return [tenant];
    const named = this.#keyring.rows.map((row) => row.tenant).filter((other) => other !== EVERY_TENANT);
    return [...new Set([DEFAULT_TENANT, ...this.#fileTenants, ...named])];
  }
}
