/**
 * The socket's folder. Not in the data folder: a socket's path may have 107 bytes at most (103 on macOS), and the data
 * folder may lie anywhere. Its name is kept in the data folder, so that what a crash left is removed at the next start.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Account, give } from './account.ts';

const PREFIX = 'elida-pg-';
const SOCKET_PATH_MAX = 103;
const SOCKET_NAME = '/.s.PGSQL.5432.lock';

async function removeLast(record: string): Promise<void> {
  const last = await readFile(record, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (basename(last).startsWith(PREFIX)) await rm(last, { recursive: true, force: true });
}

/** A new folder with mode 0700, owned by whom the server runs as. */
export async function openRunFolder(record: string, account: Account | null): Promise<string> {
  await removeLast(record);
  const base = tmpdir().length + PREFIX.length + 7 + SOCKET_NAME.length <= SOCKET_PATH_MAX ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(base, PREFIX));
  await chmod(folder, 0o700);
  await give(folder, account);
  await writeFile(record, folder, { mode: 0o600 });
  return folder;
}
