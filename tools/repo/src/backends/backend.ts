/** A store or bus that tests and `npm run cluster` run against, and how one is had on this machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Child, startChild } from '../child.ts';

export type BackendName = 'redis' | 'nats' | 'postgres';

export interface Backend {
  readonly name: BackendName;
  readonly url: string;
  /** Of the process itself, to be frozen or killed; 0 where it is not ours (environment, Docker). */
  readonly pid: number;
  /** Where it came from, for people. */
  readonly origin: string;
  /** Resolves when it is gone. Removes its folder, unless the caller gave one. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface BackendOptions {
  /** Default: a free one. Give it to start the same backend again at the same address. */
  readonly port?: number;
  /** Default: a folder of its own that goes with it. Give it to keep what is stored. */
  readonly dataDir?: string;
  /** Must be a process of ours that can be frozen, killed and started again: the environment and Docker do not count. */
  readonly own?: boolean;
}

/** There is no way to have this backend here. The message names the ways out. */
export class BackendUnavailable extends Error {
  readonly backend: BackendName;
  constructor(backend: BackendName, ways: readonly string[], cause?: unknown) {
    super(`no ${backend} on this machine. Ways out: ${ways.join('; ')}`, { cause });
    this.name = 'BackendUnavailable';
    this.backend = backend;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return address.port;
}

/** @returns path of an executable, or null. */
export function findBinary(name: string): string | null {
  // Debian keeps servers in /usr/sbin, which an ordinary user's PATH lacks.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** On Debian as root, where nothing else gave a backend: once per process. */
const tried = new Set<string>();
export function aptInstall(packages: readonly string[], log: (line: string) => void): boolean {
  const key = packages.join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version') || !findBinary('apt-get')) return false;
  if (key === '' || tried.has(key)) return false;
  tried.add(key);
  log(`installing ${key} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 2] }).status === 0;
  return (
    apt('install', '-y', '--no-install-recommends', ...packages) ||
    (apt('update') && apt('install', '-y', '--no-install-recommends', ...packages))
  );
}

/** Sends `hello` and waits until what comes back contains `answer`. False where it does not within a second. */
export function answers(port: number, hello: string | Uint8Array, answer: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let seen = '';
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('connect', () => socket.write(hello));
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (seen.includes(answer)) end(true);
    });
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}

export interface LocalServer {
  readonly name: BackendName;
  readonly binary: string;
  /** PostgreSQL does not run as root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
  readonly stopSignal?: NodeJS.Signals;
  /** A folder that goes with the server even where the data stay. */
  readonly scratch?: string;
  prepare?(dataDir: string): void;
  args(port: number, dataDir: string): readonly string[];
  ready(port: number): Promise<boolean>;
  url(port: number): string;
}

const READY_MS = 30_000;

async function untilReady(server: LocalServer, port: number, child: Child): Promise<boolean> {
  let over = '';
  void child.gone.then((how) => {
    over = how;
  });
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (over) return false;
    if (await server.ready(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await child.stop('SIGKILL');
  return false;
}

/** Starts a binary of this machine on a free port. Another process may take the port first: then once more. */
export async function startLocal(server: LocalServer, options: BackendOptions): Promise<Backend> {
  const dataDir = options.dataDir ?? server.scratch ?? mkdtempSync(join(tmpdir(), `elida-${server.name}-`));
  const scratch = server.scratch ?? (options.dataDir === undefined ? dataDir : undefined);
  const discard = (): void => {
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  };
  server.prepare?.(dataDir);
  let tail = '';
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = options.port ?? (await freePort());
    const child = await startChild({
      command: server.binary,
      args: server.args(port, dataDir),
      cwd: dataDir,
      ...server.user,
      ...(server.env ? { env: server.env } : {}),
      ...(scratch ? { scratch } : {}),
      ...(server.stopSignal ? { stopSignal: server.stopSignal } : {}),
    });
    if (await untilReady(server, port, child)) {
      return {
        name: server.name,
        url: server.url(port),
        pid: child.pid,
        origin: server.binary,
        async stop(signal) {
          await child.stop(signal);
          discard();
        },
      };
    }
    tail = child.tail();
  }
  discard();
  throw new Error(`${server.binary} did not become ready:\n${tail}`);
}
