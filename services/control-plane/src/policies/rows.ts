/** Policies as rows that never change: a change is a new version, an end a last one. */
import type { Reply } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import type { Database, PoliciesTable } from '@elida/postgres';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';

export type PolicyVersion = Selectable<PoliciesTable>;
/** What a snapshot is made of. */
export type PolicyRow = Pick<PolicyVersion, 'name' | 'version' | 'owner' | 'content'>;

export const policyViewOf = (row: Omit<PolicyVersion, 'deleted'>): Reply<'getPolicy'> => ({
  name: row.name,
  version: row.version,
  owner: row.owner,
  author: row.author,
  created_at: row.created_at.toISOString(),
  content: row.content,
});

export function listedOf(row: PolicyVersion, released: PolicyVersions): Reply<'listPolicies'>['policies'][number] {
  const { content: _, ...view } = policyViewOf(row);
  return { ...view, published: released[row.name] ?? null };
}

/** What the last snapshot was made of. */
export async function releasedVersions(db: Kysely<Database>): Promise<PolicyVersions> {
  const row = await db
    .selectFrom('snapshots')
    .select(sql<PolicyVersions | null>`content->'policyVersions'`.as('versions'))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.versions ?? {};
}

/** @param version default: the last. @throws Fault not_found. */
export async function findPolicy(db: Kysely<Database>, name: string, version?: number): Promise<PolicyVersion> {
  const row = await db
    .selectFrom('policies')
    .selectAll()
    .where('name', '=', name)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row || row.deleted)
    throw new Fault('not_found', `there is no policy ${name}${version === undefined ? '' : ` version ${version}`}`);
  return row;
}

/** The last version of each that is not deleted. */
export const lastPolicies = async (db: Kysely<Database>): Promise<PolicyVersion[]> => {
  const rows = await db
    .selectFrom('policies')
    .distinctOn('name')
    .selectAll()
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute();
  return rows.filter(({ deleted }) => !deleted);
};

/** Of each name the version that was released. */
export type PolicyVersions = Readonly<Record<string, number>>;

export const policiesAt = async (db: Kysely<Database>, versions: PolicyVersions): Promise<PolicyVersion[]> =>
  db
    .selectFrom('policies')
    .selectAll()
    .where(
      sql<boolean>`(name, version) in (select key, value::int from jsonb_each_text(${JSON.stringify(versions)}::jsonb))`,
    )
    .where('deleted', '=', false)
    .execute();

/** For a writer: one of a name at a time, since immutable rows cannot be locked for the next number. */
export async function lastVersion(tx: Transaction<Database>, name: string): Promise<PolicyVersion | undefined> {
  await sql`select pg_advisory_xact_lock(hashtext(${`elida_policy/${name}`}))`.execute(tx);
  return tx
    .selectFrom('policies')
    .selectAll()
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}
