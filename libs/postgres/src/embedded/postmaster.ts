/** One run of the server process, and the watchdog that stops it when we are killed without a chance to do so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Log } from '@elida/kernel';
import type { Launcher } from './account.ts';
import type { Binaries } from './binaries.ts';
import { waitGone } from './orphan.ts';

const READY_MS = 60_000;
const STOP_MS = 20_000;

// Beside the socket: nothing here may print what a statement contained.
const SETTINGS = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'max_connections=64',
  'shared_buffers=64MB',
  'max_wal_size=512MB',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  'lc_messages=C',
  'log_line_prefix=',
  'log_checkpoints=off',
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
  'logging_collector=off',
];

export interface Postmaster {
  readonly pid: number;
  /** Settles when the process is gone, for whatever reason. */
  readonly exited: Promise<void>;
  /** Fast shutdown (SIGINT); immediate where that takes longer than 20 s. */
  stop(): Promise<void>;
}

/** A shell that waits for the end of our pipe, which the kernel closes however we die. */
function startWatchdog(pid: number, { account }: Launcher, socketFolder: string): ChildProcess {
  const script = 'read -r _; kill -INT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"';
  return spawn('/bin/sh', ['-c', script, 'elida-postgres-watchdog', String(pid), socketFolder], {
    ...account,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

function ready(child: ChildProcess, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    const last: string[] = [];
    const fail = (why: string): void => reject(new Error(`PostgreSQL ${why}: ${last.join(' | ')}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS / 1000} s`), READY_MS);
    child.once('error', (cause) => reject(new Error('PostgreSQL could not be started', { cause })));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`ended (${signal ?? code})`);
    });
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/^(ERROR|FATAL|PANIC|WARNING):/.test(line)) log.warn('postgres_says', { line });
      else log.debug('postgres_says', { line });
      last.push(line);
      if (last.length > 5) last.shift();
      if (!line.includes('database system is ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** @throws Error with the server's last lines where it does not come up. */
export async function startPostmaster(
  binaries: Binaries,
  launcher: Launcher,
  socketFolder: string,
  log: Log,
): Promise<Postmaster> {
  const settings = [...SETTINGS, `unix_socket_directories=${socketFolder}`].flatMap((setting) => ['-c', setting]);
  const child = launcher.spawn(binaries.postgres, ['-D', `${launcher.folder}/data`, ...settings]);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const pid = child.pid;
  if (pid !== undefined) {
    const watchdog = startWatchdog(pid, launcher, socketFolder);
    watchdog.once('error', (error) => log.warn('postgres_watchdog_failed', { error }));
    // Killed, not released: it must never signal a pid that somebody else has by then.
    child.once('exit', () => watchdog.kill('SIGKILL'));
  }
  try {
    await ready(child, log);
  } catch (error) {
    child.kill('SIGQUIT');
    await exited;
    throw error;
  }
  return {
    pid: pid ?? 0,
    exited,
    async stop() {
      child.kill('SIGINT');
      if (pid !== undefined && !(await Promise.race([exited.then(() => true), waitGone(pid, STOP_MS)]))) {
        child.kill('SIGQUIT');
      }
      await exited;
    },
  };
}
