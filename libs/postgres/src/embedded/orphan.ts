/** A postmaster that outlived its parent: stopped before we start our own. One whose parent lives is left alone. */
import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 5_000;

const absent = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
  throw error;
};

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Parent of `pid` where that is a postmaster on `data`; null where it is anything else: pids are used again. */
async function parentOfPostmaster(pid: number, data: string): Promise<number | null> {
  if (process.platform === 'linux') {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(absent);
    if (cwd !== (await realpath(data))) return null;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(absent);
    // "pid (name) state ppid …", and the name may contain anything.
    return stat ? Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) : null;
  }
  const line = await run('ps', ['-o', 'ppid=,command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '', // ps exits 1 where there is no such process
  );
  return line.includes(data) ? Number.parseInt(line, 10) : null;
}

/** @returns whether it is gone. */
export async function waitGone(pid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (isAlive(pid)) {
    if (performance.now() > until) return false;
    await sleep(20);
  }
  return true;
}

/**
 * @param owner pid of the process that started the last server on these data.
 * @throws Error where that process still runs it.
 */
export async function clearOrphan(data: string, owner: number): Promise<'none' | 'stale_lock' | 'stopped'> {
  const lock = join(data, 'postmaster.pid');
  const text = await readFile(lock, 'utf8').catch(absent);
  if (text === null) return 'none';
  const pid = Number.parseInt(text, 10);
  const parent = pid > 0 && isAlive(pid) ? await parentOfPostmaster(pid, data) : null;
  if (parent === null) {
    await rm(lock, { force: true });
    return 'stale_lock';
  }
  if (parent === owner && parent > 1) throw new Error(`the data folder is in use by process ${owner}`);
  process.kill(pid, 'SIGINT');
  if (!(await waitGone(pid, FAST_STOP_MS))) {
    process.kill(pid, 'SIGQUIT');
    if (!(await waitGone(pid, IMMEDIATE_STOP_MS))) throw new Error(`an old PostgreSQL (process ${pid}) does not stop`);
  }
  return 'stopped';
}
