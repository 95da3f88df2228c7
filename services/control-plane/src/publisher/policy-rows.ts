/** Policies: immutable rows, a change is a new version. */
import type { Reply } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import type { Database, PoliciesTable } from '@elida/postgres';
import type { Kysely, Selectable } from 'kysely';

export type PolicyVersion = Selectable<PoliciesTable>;

export const policyViewOf = (row: PolicyVersion): Reply<'getPolicy'> => ({
  name: row.name,
  version: row.version,
  owner: row.owner,
  author: row.author,
  created_at: row.created_at.toISOString(),
  content: row.content,
});

export function withoutContent(row: PolicyVersion): Reply<'listPolicies'>['policies'][number] {
  const { content: _, ...view } = policyViewOf(row);
  return view;
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
  if (!row)
    throw new Fault('not_found', `there is no policy ${name}${version === undefined ? '' : ` version ${version}`}`);
  return row;
}
