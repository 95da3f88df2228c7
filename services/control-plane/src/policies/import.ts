/** The file's policies, brought into the tables at start: a version more where the content is another one. */
import type { ConfigFile } from '@elida/contracts';
import { type Clock, ConfigError, type Log, problemAt } from '@elida/kernel';
import { policiesOfFile } from '@elida/policy';
import { type Database, toJsonb } from '@elida/postgres';
import { sql, type Transaction } from 'kysely';
import { canonicalJson } from '../publisher/canonical-json.ts';
import type { PolicyVersion } from './rows.ts';

/** @throws ConfigError where another owner has a policy of that name. */
export async function importPolicies(
  tx: Transaction<Database>,
  { file, clock, log }: { readonly file: ConfigFile; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const written = policiesOfFile(file);
  const known = await lastRows(tx);
  const foreign = written.flatMap(({ name }) => {
    const row = known.get(name);
    return row && !row.deleted && row.owner !== 'file'
      ? [problemAt(`policies.${name}`, `is owned by ${row.owner}`)]
      : [];
  });
  if (foreign.length > 0) throw new ConfigError(foreign);
  const created_at = new Date(clock.now());
  const add = async (name: string, content: Readonly<Record<string, unknown>>, deleted: boolean): Promise<void> => {
    const version = (known.get(name)?.version ?? 0) + 1;
    const row = { name, version, owner: 'file' as const, author: 'file', created_at, deleted };
    await tx
      .insertInto('policies')
      .values({ ...row, content: toJsonb({ ...content }) })
      .execute();
    log.info(deleted ? 'policy_removed' : 'policy_imported', { policy: name, version });
  };
  for (const { name, content } of written) {
    const before = known.get(name);
    const isSame = before && !before.deleted && canonicalJson(before.content) === canonicalJson(content);
    if (!isSame) await add(name, content, false);
  }
  const names = new Set(written.map(({ name }) => name));
  for (const { name, owner, deleted } of known.values()) {
    if (owner === 'file' && !deleted && !names.has(name)) await add(name, {}, true);
  }
}

async function lastRows(tx: Transaction<Database>): Promise<Map<string, PolicyVersion>> {
  await sql`select pg_advisory_xact_lock(hashtext('elida_policies'))`.execute(tx);
  const rows = await tx
    .selectFrom('policies')
    .distinctOn('name')
    .selectAll()
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.name, row]));
}
