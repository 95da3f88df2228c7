/** PostgreSQL 15 or newer: ELIDA_TEST_POSTGRES_URL → the embedded one → PATH → Docker → apt-get. User `elida`, database `postgres`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { answers, type Backend, type BackendOptions, startLocal } from './backend.ts';
import { obtain } from './obtain.ts';

const DEBIAN = '/usr/lib/postgresql';

const debianFolders = (): string[] =>
  existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN, version, 'bin'))
    : [];

/** StartupMessage of protocol 3.0 for user elida (PostgreSQL manual, 55.7). */
function startupMessage(): Buffer {
  const body = Buffer.from('\0\x03\0\0user\0elida\0database\0postgres\0\0', 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}
const READY_FOR_QUERY = 'Z\0\0\0\x05I';

/** PostgreSQL refuses to run as root: then as `postgres`, or as `nobody`. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const user of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', user], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', user], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

function initialise(binaries: string, dataDir: string, user: { uid: number; gid: number } | null): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (user) chownSync(dataDir, user.uid, user.gid);
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const args = ['-D', dataDir, '-U', 'elida', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(binaries, 'initdb'), args, { ...user, cwd: dataDir, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function start(binary: string, options: BackendOptions): Promise<Backend> {
  const user = unprivileged();
  return startLocal(
    {
      name: 'postgres',
      binary,
      prepare: (dataDir) => initialise(dirname(binary), dataDir, user),
      args: (port, dataDir) => [
        ...['-D', dataDir, '-k', dataDir, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
        // The process may be killed, the machine is not: nothing is lost without fsync.
        ...['-c', 'fsync=off', '-c', 'max_connections=200'],
      ],
      ...(user ? { user } : {}),
      // Fast shutdown: does not wait for clients.
      stopSignal: 'SIGINT',
      ready: (port) => answers(port, startupMessage(), READY_FOR_QUERY),
      url: (port) => `postgres://elida@127.0.0.1:${port}/postgres`,
    },
    options,
  );
}

export const startPostgres = (options: BackendOptions = {}): Promise<Backend> =>
  obtain({
    name: 'postgres',
    variable: 'ELIDA_TEST_POSTGRES_URL',
    binary: 'postgres',
    folders: debianFolders,
    packages: ['postgresql'],
    image: {
      name: 'postgres:17-alpine',
      port: 5432,
      scheme: 'postgres',
      env: { POSTGRES_USER: 'elida', POSTGRES_DB: 'postgres', POSTGRES_HOST_AUTH_METHOD: 'trust' },
    },
    ...(options.own ? { own: true } : {}),
    start: (binary) => start(binary, options),
  });
