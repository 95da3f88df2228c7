/**
 * A real PostgreSQL as a private child process, for the standalone mode and for tests: Unix socket only, data in the
 * data folder, never as root, restarted if it dies, stopped with us however we end.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@elida/kernel';
import pg from 'pg';
import { type Account, openLauncher, unprivilegedAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, majorOf, openHome, ROLE, readOwner, writeOwner } from './cluster.ts';
import { clearOrphan } from './orphan.ts';
import { type Postmaster, startPostmaster } from './postmaster.ts';
import { openRunFolder } from './run-folder.ts';

export interface EmbeddedPostgres {
  /** postgres://elida:<password>@localhost/elida?host=<socket folder>; stays the same over a restart of the server. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made with mode 0700 where it is missing. */
  readonly dataDir: string;
  readonly log: Log;
}

const RESTART_MS = 250;
const RESTART_MAX_MS = 5_000;

const urlOf = (folder: string, password: string, database: string): string =>
  `postgres://${ROLE}:${password}@localhost/${database}?host=${encodeURIComponent(folder)}`;

async function ensureDatabase(folder: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(folder, password, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [ROLE]);
    if (rowCount === 0) await client.query(`create database ${ROLE}`);
  } finally {
    await client.end();
  }
}

/** What is on disk and on PATH, ready to run a server. */
interface Prepared {
  readonly password: string;
  start(): Promise<Postmaster>;
  /** Removes the run folder and closes what was opened. */
  close(): Promise<void>;
}

async function prepare(home: string, run: string, account: Account | null, log: Log): Promise<Prepared> {
  const binaries = await findBinaries(run, account, await majorOf(home));
  const launcher = openLauncher(home, account, { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...binaries.env });
  try {
    const password = await ensureCluster(home, run, binaries, launcher);
    await writeOwner(home);
    return {
      password,
      start: () => startPostmaster(binaries, launcher, run, log),
      async close() {
        launcher.close();
        await rm(run, { recursive: true, force: true });
      },
    };
  } catch (error) {
    launcher.close();
    throw error;
  }
}

async function prepareAndStart(
  home: string,
  run: string,
  account: Account | null,
  log: Log,
): Promise<[Prepared, Postmaster]> {
  let prepared: Prepared | null = null;
  let started: Postmaster | null = null;
  try {
    prepared = await prepare(home, run, account, log);
    started = await prepared.start();
    await ensureDatabase(run, prepared.password);
    return [prepared, started];
  } catch (error) {
    await started?.stop();
    await prepared?.close();
    await rm(run, { recursive: true, force: true });
    throw error;
  }
}

/** @throws Error where the folder is in use, or no PostgreSQL can be run here; the message says what would help. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log.child({ part: 'postgres' });
  const account = unprivilegedAccount();
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const home = await openHome(resolve(options.dataDir), account);
  const cleared = await clearOrphan(join(home, 'data'), await readOwner(home));
  if (cleared !== 'none') log.warn('postgres_orphan', { cleared });
  const run = await openRunFolder(join(home, 'run'), account);
  const [prepared, started] = await prepareAndStart(home, run, account, log);
  let current = started;
  let stopping = false;
  const supervise = async (): Promise<void> => {
    for (let pauseMs = RESTART_MS; ; ) {
      await current.exited;
      if (stopping) return;
      log.error('postgres_died', { pid: current.pid });
      await sleep(pauseMs);
      if (stopping) return;
      try {
        current = await prepared.start();
        pauseMs = RESTART_MS;
        if (stopping) await current.stop();
      } catch (error) {
        pauseMs = Math.min(pauseMs * 2, RESTART_MAX_MS);
        log.error('postgres_restart_failed', { error });
      }
    }
  };
  const supervised = supervise();
  return {
    url: urlOf(run, prepared.password, ROLE),
    get pid() {
      return current.pid;
    },
    async stop() {
      if (stopping) return supervised;
      stopping = true;
      await current.stop();
      await supervised;
      await prepared.close();
    },
  };
}
