/** One process of ELIDA: `node services/<name>/src/main.ts` with its environment, until it says that it is ready. */
import { join } from 'node:path';
import { type Child, startChild } from '../child.ts';

export interface Service {
  readonly name: string;
  readonly pid: number;
  /** What its ready line says: URLs of its listeners. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly child: Child;
}

export interface ServiceOptions {
  readonly root: string;
  /** Folder below services/. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** A folder that goes where we are killed ourselves. */
  readonly scratch?: string;
  /** What it logs, line by line. */
  readonly log: (line: string) => void;
}

const READY_MS = 30_000;

function readyLine(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{"ready":true')) return null;
  return JSON.parse(line) as Record<string, unknown>;
}

/** Of our own environment only what a process needs to run: no ELIDA_* of the person's shell gets in. */
const inherited = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(ELIDA_|npm_|OTEL_)/.test(entry[0]),
    ),
  );

/** @throws with its last words where it ends, or does not become ready, first. */
export async function startService({ root, name, env, log, scratch }: ServiceOptions): Promise<Service> {
  let announce: (ready: Record<string, unknown>) => void = () => {};
  const announced = new Promise<Record<string, unknown>>((resolve) => {
    announce = resolve;
  });
  const child = await startChild({
    command: process.execPath,
    args: ['--enable-source-maps', join(root, 'services', name, 'src/main.ts')],
    cwd: root,
    ...(scratch ? { scratch } : {}),
    env: { ...inherited(), ...env, ELIDA_JSON: '1' },
    // Longer than the grace of its streams.
    graceMs: 40_000,
    onLine: (line) => {
      const ready = readyLine(line);
      if (ready) announce(ready);
    },
    onError: log,
  });
  const timer = AbortSignal.timeout(READY_MS);
  const late = new Promise<string>((resolve) => {
    timer.addEventListener('abort', () => resolve(`was not ready within ${READY_MS / 1000} s`));
  });
  const first = await Promise.race([announced, child.gone.then((how) => `ended (${how})`), late]);
  if (typeof first !== 'string') return { name, pid: child.pid, ready: first, child };
  await child.stop('SIGKILL');
  throw new Error(`${name} ${first}:\n${child.tail()}`);
}
