/**
 * One process a folder. The lock file names its owner by pid and start time, so that a lock left by a crash (or a pid that
 * somebody else got since, as in a container that starts again) is recognised and taken over. For processes of one machine.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export type FileLock =
  | { readonly held: true; release(): void }
  /** By another that runs; null: by several that want it at this moment. */
  | { readonly held: false; readonly pid: number | null };

const ATTEMPTS = 5;

/** @throws Error where the folder of `path` cannot be written. */
export function takeFileLock(path: string): FileLock {
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (claim(path, mine)) return { held: true, release: () => release(path, mine) };
    const owner = ownerOf(readOrEmpty(path));
    if (owner && isRunning(owner)) return { held: false, pid: owner.pid };
    clear(path, mine);
  }
  return { held: false, pid: null };
}

interface Owner {
  readonly pid: number;
  readonly start: string;
}

/** A hard link appears with its content or not at all, and fails where the name is taken. */
function claim(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Of two that see the same stale lock, the slower must not throw away the quicker one's new lock. */
function clear(path: string, mine: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  const taken = readOrEmpty(aside);
  const owner = ownerOf(taken);
  if (taken !== mine && owner && isRunning(owner)) claim(path, taken);
  rmSync(aside, { force: true });
}

function release(path: string, mine: string): void {
  if (readOrEmpty(path) === mine) rmSync(path, { force: true });
}

function ownerOf(content: string): Owner | null {
  const match = /^(\d+) (\S*)/.exec(content);
  return match ? { pid: Number(match[1]), start: match[2] ?? '' } : null;
}

function isRunning({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = startOf(pid);
  return now === '' || start === '' || now === start;
}

/** Clock ticks since boot at which the process began (proc(5), field 22); empty where there is no /proc. */
function startOf(pid: number): string {
  const status = readOrEmpty(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may contain anything.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}
