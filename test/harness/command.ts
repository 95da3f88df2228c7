/** Runs the `elida` command as a person would: a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../tools/elida/bin/elida.mjs', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What comes on its standard input. */
  readonly input?: string;
}

/** Our own ELIDA_… variables never reach it. */
export function cleanEnvironment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ELIDA_'));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...added };
}

export function elida(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: cleanEnvironment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  // A command may end before it has read.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export interface Following {
  /** Whole lines of stdout so far. */
  lines(): readonly string[];
  readonly exited: Promise<number | null>;
  kill(signal?: NodeJS.Signals): void;
}

/** A command that goes on until it is told to stop. */
export function follow(args: readonly string[]): Following {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    lines: () => text.split('\n').slice(0, -1),
    exited: new Promise((resolve) => child.once('exit', resolve)),
    kill: (signal = 'SIGKILL') => void child.kill(signal),
  };
}
