/** A PostgreSQL of ours that can be stopped, frozen and started again at the same address, with what it stored. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, freePort, startPostgres } from '@elida/repo';
import { descendants } from './process-tree.ts';

export interface RestartablePostgres extends Backend {
  /** Stopped; what it stored stays. */
  pause(): Promise<void>;
  restart(): Promise<void>;
  /** The server and every connection of it stop running, as on a machine that hangs. */
  freeze(): void;
  thaw(): void;
}

export async function startRestartablePostgres(): Promise<RestartablePostgres> {
  const place = {
    own: true,
    port: await freePort(),
    dataDir: join(tmpdir(), `elida-postgres-${randomBytes(6).toString('hex')}`),
  };
  let backend = await startPostgres(place);
  let frozen: number[] = [];
  return {
    name: backend.name,
    url: backend.url,
    origin: backend.origin,
    get pid() {
      return backend.pid;
    },
    async stop(signal) {
      await backend.stop(signal);
      rmSync(place.dataDir, { recursive: true, force: true });
    },
    pause: () => backend.stop(),
    async restart() {
      backend = await startPostgres(place);
    },
    freeze() {
      frozen = [backend.pid, ...descendants(backend.pid).map(({ pid }) => pid)];
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    },
    thaw() {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
      frozen = [];
    },
  };
}
