/**
 * The API keys, in memory: a control plane without its database still knows who may stop a session. Read again every
 * two seconds, and at once where a key is not known; a revocation made here counts at once, made elsewhere within them.
 */

import { type Clock, type Installation, type Log, sameBytes } from '@elida/kernel';
import type { ApiKeysTable, Database } from '@elida/postgres';
import type { Kysely, Selectable } from 'kysely';
import { parseApiKey, secretHash } from './api-key.ts';

export type KeyRow = Selectable<ApiKeysTable>;

const FRESH_MS = 2_000;
const MISS_MS = 250;

export interface KeyringParts {
  readonly db: Kysely<Database>;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
}

export class Keyring {
  readonly #parts: KeyringParts;
  #rows: ReadonlyMap<string, KeyRow> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  /** What an unknown key is compared with: it costs the same as a known one. */
  readonly #decoy: Buffer;

  constructor(parts: KeyringParts) {
    this.#parts = parts;
    this.#decoy = secretHash(parts.installation, '');
  }

  /** @throws Fault database_unavailable on the first read only; later the last known keys stay. */
  async load(): Promise<void> {
    const rows = await this.#parts.db.selectFrom('api_keys').selectAll().where('revoked_at', 'is', null).execute();
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#readAt = this.#parts.clock.monotonic();
  }

  /** Of all keys that stand, for the snapshot. */
  get rows(): readonly KeyRow[] {
    return [...this.#rows.values()];
  }

  /** @returns the key's row where the text is a standing key, else null. */
  async find(text: string): Promise<KeyRow | null> {
    const parts = parseApiKey(text);
    const age = this.#parts.clock.monotonic() - this.#readAt;
    const isMiss = parts !== null && !this.#rows.has(parts.id);
    if (isMiss && age > MISS_MS) await this.#refresh();
    else if (age > FRESH_MS) void this.#refresh();
    const row = parts ? this.#rows.get(parts.id) : undefined;
    const proof = secretHash(this.#parts.installation, parts?.secret ?? text);
    if (!sameBytes(proof, row?.hash ?? this.#decoy) || !row) return null;
    const expired = row.expires_at !== null && row.expires_at.getTime() <= this.#parts.clock.now();
    return expired ? null : row;
  }

  #refresh(): Promise<void> {
    this.#reading ??= this.load()
      .catch((error: unknown) => {
        // Not again at once: every request would wait for a database that is gone.
        this.#readAt = this.#parts.clock.monotonic();
        this.#parts.log.warn('keys_not_refreshed', { error });
      })
      .finally(() => {
        this.#reading = null;
      });
    return this.#reading;
  }
}
