/** Processes that must not outlive us: stopped with care, and killed by a guard where we are killed ourselves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** A folder that the guard removes where we cannot. */
  readonly scratch?: string;
  /** Lines of stdout; default: kept only for the error message. */
  readonly onLine?: (line: string) => void;
  /** Lines of stderr. */
  readonly onError?: (line: string) => void;
  /** Asked of the process by `stop`; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** After that, SIGKILL. Default 10 s. */
  readonly graceMs?: number;
}

export interface Child {
  readonly pid: number;
  /** The last lines it wrote, for error messages. */
  tail(): string;
  /** Resolves when it is gone, with how. */
  readonly gone: Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * A shell that waits for the end of our pipe, which comes when we are gone however that happened, SIGKILL included.
 * In a process group of its own, so that a Ctrl-C does not end it first.
 */
function guard(pid: number, scratch: string): ChildProcess {
  const script = 'read -r _; kill -KILL "$1" 2>/dev/null; [ -z "$2" ] || { sleep 1; rm -rf "$2"; }';
  const shell = spawn('/bin/sh', ['-c', script, 'guard', String(pid), scratch], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return shell;
}

function lines(stream: NodeJS.ReadableStream | null, each: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) each(part);
  });
}

/** @throws where the command cannot be started. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { command, args, cwd, env, uid, gid } = options;
  const child = spawn(command, args, {
    ...(cwd ? { cwd } : {}),
    ...(env ? { env } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  const pid = child.pid as number;
  const watch = guard(pid, options.scratch ?? '');
  const last: string[] = [];
  const keep = (line: string): void => {
    last.push(line);
    if (last.length > 40) last.shift();
  };
  lines(child.stdout, (line) => {
    keep(line);
    options.onLine?.(line);
  });
  lines(child.stderr, (line) => {
    keep(line);
    options.onError?.(line);
  });
  const gone = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      watch.kill('SIGKILL');
      resolve(signal ?? `exit code ${code}`);
    });
  });
  return {
    pid,
    tail: () => last.join('\n'),
    gone,
    async stop(signal = options.stopSignal ?? 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      // A frozen process (SIGSTOP) does not hear SIGTERM before it goes on.
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), options.graceMs ?? 10_000);
      await gone;
      clearTimeout(timer);
    },
  };
}
