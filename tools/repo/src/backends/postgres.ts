/** PostgreSQL 15 or newer: ELIDA_TEST_POSTGRES_URL → the embedded one → PATH → Docker → apt-get. User `elida`, database `postgres`. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, type Binaries, findBinaries, unprivilegedAccount } from '@elida/postgres/embedded';
import { answers, type Backend, type BackendOptions, startLocal } from './backend.ts';
import { obtain } from './obtain.ts';

/** StartupMessage of protocol 3.0 for user elida (PostgreSQL manual, 55.7). */
function startupMessage(): Buffer {
  const body = Buffer.from('\0\x03\0\0user\0elida\0database\0postgres\0\0', 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}
const READY_FOR_QUERY = 'Z\0\0\0\x05I';

function initialise(binaries: Binaries, dataDir: string, account: Account | null): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (account) chownSync(dataDir, account.uid, account.gid);
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const args = ['-D', dataDir, '-U', 'elida', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(binaries.initdb, args, {
    ...account,
    env: binaries.env,
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** The npm platform package's binaries, else the system's. On TCP, and not supervised: tests stop it when they want to. */
async function startOnThisMachine(options: BackendOptions): Promise<Backend | null> {
  const account = unprivilegedAccount();
  const scratch = mkdtempSync(join(tmpdir(), 'elida-postgres-'));
  if (account) chownSync(scratch, account.uid, account.gid);
  const binaries = await findBinaries(scratch, account, null).catch(() => null);
  if (!binaries) {
    rmSync(scratch, { recursive: true });
    return null;
  }
  const dataDir = options.dataDir ?? join(scratch, 'data');
  return startLocal(
    {
      name: 'postgres',
      binary: binaries.postgres,
      env: { ...binaries.env, LC_ALL: 'C', TZ: 'UTC' },
      scratch,
      prepare: () => initialise(binaries, dataDir, account),
      args: (port) => [
        ...['-D', dataDir, '-c', 'unix_socket_directories=', '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
        // The process may be killed, the machine is not: nothing is lost without fsync.
        ...['-c', 'fsync=off', '-c', 'max_connections=200'],
      ],
      ...(account ? { user: account } : {}),
      // Fast shutdown: does not wait for clients.
      stopSignal: 'SIGINT',
      ready: (port) => answers(port, startupMessage(), READY_FOR_QUERY),
      url: (port) => `postgres://elida@127.0.0.1:${port}/postgres`,
    },
    { ...options, dataDir },
  );
}

export const startPostgres = (options: BackendOptions = {}): Promise<Backend> =>
  obtain({
    name: 'postgres',
    variable: 'ELIDA_TEST_POSTGRES_URL',
    packages: ['postgresql'],
    image: {
      name: 'postgres:17-alpine',
      port: 5432,
      scheme: 'postgres',
      env: { POSTGRES_USER: 'elida', POSTGRES_DB: 'postgres', POSTGRES_HOST_AUTH_METHOD: 'trust' },
    },
    ...(options.own ? { own: true } : {}),
    startLocal: () => startOnThisMachine(options),
  });
