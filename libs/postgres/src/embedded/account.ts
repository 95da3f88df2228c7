/**
 * PostgreSQL refuses to run as root. Started by root we drop to `nobody`, who may not even enter our data folder
 * (mode 0700, often below /root): its children get that folder as an open descriptor and name it /proc/self/fd/3,
 * so that nothing has to be moved or opened up for others.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** @returns null where we already are unprivileged: children run as we do. */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  if (!line) throw new Error('PostgreSQL does not run as root, and this system has no account `nobody` to run it as');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

export async function give(path: string, account: Account | null): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
}

/** May `account` enter this folder and all above it? */
export async function canReach(path: string, account: Account | null): Promise<boolean> {
  if (!account) return true;
  const { mode, uid, gid } = await stat(path);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  return path === dirname(path) || canReach(dirname(path), account);
}

/** Starts children as that account, with one folder they may always enter. */
export interface Launcher {
  readonly account: Account | null;
  /** How a child names the folder. */
  readonly folder: string;
  /** stdin ignored, stdout and stderr piped, in a session of its own: a terminal's Ctrl-C is ours to handle. */
  spawn(command: string, args: readonly string[]): ChildProcess;
  close(): void;
}

export function openLauncher(folder: string, account: Account | null, env: NodeJS.ProcessEnv): Launcher {
  const byDescriptor = account !== null && process.platform === 'linux';
  const descriptor = byDescriptor ? openSync(folder, 'r') : null;
  return {
    account,
    folder: byDescriptor ? '/proc/self/fd/3' : folder,
    spawn: (command, args) =>
      spawn(command, [...args], {
        ...account,
        cwd: '/',
        env,
        detached: true,
        stdio: descriptor === null ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', descriptor],
      }),
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
    },
  };
}

/** Waits for the end of a child. @returns what it wrote to stdout. @throws Error with what it wrote to stderr. */
export function finished(child: ChildProcess, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let complaint = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-4000);
    });
    child.once('error', (cause) => reject(new Error(`${what} could not be started`, { cause })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${what} failed (${signal ?? code}): ${complaint.trim()}`));
    });
  });
}
