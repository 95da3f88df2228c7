/**
 * The file's backends and policies and the environment's keys, brought into the tables at start (owner: file), then published. The
 * file owns what it names: what it no longer names goes; what the API owns under that name is a mistake to be told.
 */
import type { ConfigFile } from '@elida/contracts';
import { EVERY_TENANT, type Role } from '@elida/contracts/api';
import { type Clock, ConfigError, type Installation, type Log, problemAt } from '@elida/kernel';
import { type Database, toJsonb } from '@elida/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import { parseApiKey, secretHash } from '../access/api-key.ts';
import { importPolicies } from '../policies/import.ts';
import { type BackendRow, sameSpec, specOf } from './backend-row.ts';
import { sourceFromFile } from './key-source.ts';

type Tx = Transaction<Database>;

/** Keys that exist from the start. */
export interface StartKeys {
  readonly owner?: string | undefined;
  readonly edge?: string | undefined;
  readonly client?: string | undefined;
}

export interface ImportParts {
  readonly db: Kysely<Database>;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
  readonly file: ConfigFile;
  readonly keys: StartKeys;
}

const ENVIRONMENT = 'environment';

/** @throws Fault database_unavailable; ConfigError where a key has another form or a backend another owner. */
export async function importFile(parts: ImportParts): Promise<void> {
  await parts.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('elida_import'))`.execute(tx);
    await importBackends(tx, parts);
    await importPolicies(tx, parts);
    await importKeys(tx, parts);
  });
}

async function importBackends(tx: Tx, { file, installation, clock, log }: ImportParts): Promise<void> {
  const rows = (await tx.selectFrom('backends').selectAll().execute()) as unknown as BackendRow[];
  const known = new Map(rows.map((row) => [row.name, row]));
  const updated_at = new Date(clock.now());
  const foreign = Object.keys(file.backends).filter((name) => (known.get(name)?.owner ?? 'file') !== 'file');
  if (foreign.length > 0)
    throw new ConfigError(
      foreign.map((name) => problemAt(`backends.${name}`, `is owned by ${known.get(name)?.owner}`)),
    );
  for (const [name, body] of Object.entries(file.backends)) {
    const spec = specOf(body, sourceFromFile(installation, body.api_key));
    const before = known.get(name);
    if (before && sameSpec(before.spec, spec)) continue;
    const revision = (before?.revision ?? 0) + 1;
    const row = { name, owner: 'file' as const, spec: toJsonb(spec), revision, updated_at };
    await tx
      .insertInto('backends')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute();
    log.info('backend_imported', { backend: name, revision });
  }
  const gone = rows.filter(({ name, owner }) => owner === 'file' && !(name in file.backends)).map(({ name }) => name);
  if (gone.length === 0) return;
  await tx.deleteFrom('backends').where('name', 'in', gone).execute();
  log.info('backends_removed', { backends: gone });
}

async function importKeys(tx: Tx, { keys, installation, clock }: ImportParts): Promise<void> {
  const given: readonly (readonly [Role, string | undefined, string])[] = [
    ['owner', keys.owner, 'ELIDA_OWNER_KEY'],
    ['edge', keys.edge, 'ELIDA_EDGE_KEY'],
    ['client', keys.client, 'ELIDA_CLIENT_KEY'],
  ];
  const now = new Date(clock.now());
  const standing: string[] = [];
  for (const [role, text, variable] of given) {
    if (!text) continue;
    const key = parseApiKey(text);
    if (!key) throw new ConfigError([problemAt(variable, 'must look like elida_<id>_<secret>')]);
    standing.push(key.id);
    const row = {
      id: key.id,
      hash: secretHash(installation, key.secret),
      kid: installation.kid,
      name: variable,
      owner: 'file' as const,
      tenant: role === 'client' ? 'default' : EVERY_TENANT,
      principal: `${role}:${key.id}`,
      roles: [role],
      backends: [],
      may_choose_backend: role === 'client',
      expires_at: null,
      created_at: now,
      created_by: ENVIRONMENT,
      revoked_at: null,
    };
    const { created_at: _, ...update } = row;
    await tx
      .insertInto('api_keys')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(update))
      .execute();
  }
  // A key that the environment no longer has must not open anything.
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('created_by', '=', ENVIRONMENT)
    .where('revoked_at', 'is', null)
    .$if(standing.length > 0, (query) => query.where('id', 'not in', standing))
    .execute();
}
