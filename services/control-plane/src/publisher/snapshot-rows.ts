/** Snapshots as the API shows them. */
import type { Reply } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import type { Database, SnapshotsTable } from '@elida/postgres';
import type { Kysely, Selectable } from 'kysely';

export type SnapshotRow = Selectable<SnapshotsTable>;
type View = Reply<'publishSnapshot'>;

export const snapshotViewOf = (row: Omit<SnapshotRow, 'content'>, current: number): View => ({
  version: row.version,
  hash: row.hash,
  author: row.author,
  note: row.note,
  created_at: row.created_at.toISOString(),
  current: row.version === current,
});

/** Hashes of keys are nobody's business but the edges'. */
export function withoutCredentials(content: Record<string, unknown>): Record<string, unknown> {
  const { credentials, fileHash: _, policyVersions: __, ...rest } = content;
  return { ...rest, credentials: Array.isArray(credentials) ? credentials.map(hidden) : [] };
}

function hidden(credential: Record<string, unknown>): Record<string, unknown> {
  const { hash: _, ...rest } = credential;
  return rest;
}

export const currentVersion = async (db: Kysely<Database>): Promise<number> => {
  const row = await db
    .selectFrom('snapshots')
    .select((select) => select.fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
};

/** @throws Fault not_found. */
export async function findSnapshot(db: Kysely<Database>, version: number): Promise<SnapshotRow> {
  const row = await db.selectFrom('snapshots').selectAll().where('version', '=', version).executeTakeFirst();
  if (!row) throw new Fault('not_found', `there is no snapshot ${version}`);
  return row;
}
