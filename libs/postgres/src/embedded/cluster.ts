/** The database cluster on disk: made once, complete or not at all. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, give, type Launcher } from './account.ts';
import type { Binaries } from './binaries.ts';

export const ROLE = 'elida';

async function read(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The cluster's own folder, inside the data folder. */
export async function openHome(dataDir: string, account: Launcher['account']): Promise<string> {
  const home = join(dataDir, 'postgres');
  await mkdir(home, { recursive: true, mode: 0o700 });
  await chmod(home, 0o700);
  await give(home, account);
  return home;
}

/** Version that the data were made with, or null where there are none. */
export async function majorOf(home: string): Promise<number | null> {
  const version = await read(join(home, 'data', 'PG_VERSION'));
  return version === null ? null : Number.parseInt(version, 10);
}

/** pid of the process that last started a server here, 0 if none. */
export const readOwner = async (home: string): Promise<number> => Number((await read(join(home, 'owner'))) ?? 0);
export const writeOwner = (home: string): Promise<void> =>
  writeFile(join(home, 'owner'), String(process.pid), { mode: 0o600 });

/** The role's password: whoever reaches the socket still needs it. */
async function password(home: string): Promise<string> {
  const path = join(home, 'password');
  const known = await read(path);
  if (known) return known;
  const fresh = randomBytes(24).toString('base64url');
  await writeFile(path, fresh, { mode: 0o600 });
  return fresh;
}

/** initdb beside, then rename: one that was interrupted leaves nothing that looks like a cluster. @returns the password. */
export async function ensureCluster(
  home: string,
  run: string,
  binaries: Binaries,
  launcher: Launcher,
): Promise<string> {
  const secret = await password(home);
  if ((await majorOf(home)) !== null) return secret;
  await rm(join(home, 'data.new'), { recursive: true, force: true });
  const secretFile = join(run, 'password');
  await writeFile(secretFile, secret, { mode: 0o600 });
  await give(secretFile, launcher.account);
  const args = ['-D', `${launcher.folder}/data.new`, '-U', ROLE, `--pwfile=${secretFile}`, '-A', 'scram-sha-256'];
  try {
    const child = launcher.spawn(binaries.initdb, [...args, '-E', 'UTF8', '--locale=C', '--no-instructions']);
    await finished(child, 'initdb');
  } finally {
    await rm(secretFile, { force: true });
  }
  await rename(join(home, 'data.new'), join(home, 'data'));
  return secret;
}
