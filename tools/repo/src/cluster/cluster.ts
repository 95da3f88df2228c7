/** The distributed system on this machine: real stores, one process per edge, control plane, audit worker. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, startNats, startPostgres, startRedis } from '../backends/index.ts';
import { type Service, startService } from './service.ts';

export interface ClusterOptions {
  /** Root of the checkout. */
  readonly root: string;
  readonly edges: number;
  /** YAML file for all processes. */
  readonly config?: string;
  /** Log lines of all processes, each behind the name of its process. Default: none. */
  readonly log?: (process: string, line: string) => void;
  /** Further environment of all processes of ELIDA. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly edges: Service[];
  readonly control: Service;
  readonly audit: Service;
  readonly redis: Backend;
  readonly nats: Backend;
  readonly postgres: Backend;
  /** Key of role owner for the control API. */
  readonly controlKey: string;
  /** Key of role client that the edges accept. */
  readonly clientKey: string;
  /** Starts one more edge, or one in the place of a killed one. */
  addEdge(): Promise<Service>;
  /** Stops all of it: edges first, stores last. */
  stop(): Promise<void>;
}

/** `elida_<id>_<secret>`, ids and secrets in lower case. */
const newKey = (): string => `elida_${randomBytes(8).toString('hex')}_${randomBytes(24).toString('hex')}`;

/** Runs all; where one fails, the others are stopped before the failure is thrown. */
async function together<T>(starts: readonly Promise<T>[], undo: (started: T) => Promise<void>): Promise<T[]> {
  const results = await Promise.allSettled(starts);
  const failed = results.find((result) => result.status === 'rejected');
  const started = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  if (!failed) return started;
  await Promise.all(started.map(undo));
  throw failed.reason;
}

/** What stops in reverse order. */
class Stack {
  readonly #stops: (() => Promise<unknown>)[] = [];
  push(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }
  async unwind(): Promise<void> {
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) await stop();
  }
}

/** @throws where a backend cannot be had or a process does not become ready; then nothing is left running. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stack = new Stack();
  try {
    return await compose(options, stack);
  } catch (error) {
    await stack.unwind();
    throw error;
  }
}

async function compose(options: ClusterOptions, stack: Stack): Promise<Cluster> {
  const { root } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'elida-cluster-'));
  stack.push(async () => rmSync(scratch, { recursive: true, force: true }));
  const [redis, nats, postgres] = (await together<Backend>(
    [startRedis({ own: true }), startNats({ own: true }), startPostgres({ own: true })],
    (backend) => backend.stop(),
  )) as [Backend, Backend, Backend];
  stack.push(() => Promise.all([redis, nats, postgres].map((backend) => backend.stop())));

  const [controlKey, clientKey, edgeKey] = [newKey(), newKey(), newKey()];
  const common = {
    ...options.env,
    ...(options.config ? { ELIDA_CONFIG: options.config } : {}),
    ELIDA_SECRET: randomBytes(32).toString('base64url'),
    ELIDA_REDIS_URL: redis.url,
    ELIDA_NATS_URL: nats.url,
    ELIDA_HOST: '127.0.0.1',
    ELIDA_PORT: '0',
    ELIDA_CONTROL_PORT: '0',
    ELIDA_METRICS_PORT: '0',
  };
  const start = (folder: string, name: string, env: Record<string, string>): Promise<Service> => {
    const dataDir = join(scratch, name);
    mkdirSync(dataDir, { mode: 0o700 });
    return startService({
      root,
      name: folder,
      env: { ...common, ELIDA_DATA_DIR: dataDir, ...env },
      log: (line) => options.log?.(name, line),
    });
  };
  const control = await start('control-plane', 'control', {
    ELIDA_POSTGRES_URL: postgres.url,
    ELIDA_OWNER_KEY: controlKey,
    ELIDA_CLIENT_KEY: clientKey,
    ELIDA_EDGE_KEY: edgeKey,
  });
  stack.push(() => control.child.stop());

  let started = 0;
  const startEdge = (): Promise<Service> => {
    const name = `edge-${++started}`;
    return start('edge-proxy', name, {
      ELIDA_EDGE_ID: name,
      ELIDA_EDGE_KEY: edgeKey,
      ELIDA_CONTROL_URL: String(control.ready.control),
    });
  };
  const startAudit = (): Promise<Service> => start('audit-worker', 'audit', { ELIDA_POSTGRES_URL: postgres.url });
  const [audit, ...edges] = (await together(
    [startAudit(), ...Array.from({ length: options.edges }, startEdge)],
    (service) => service.child.stop(),
  )) as [Service, ...Service[]];
  stack.push(() => audit.child.stop());
  stack.push(() => Promise.all(edges.map((edge) => edge.child.stop())));
  return {
    ...{ edges, control, audit, redis, nats, postgres, controlKey, clientKey },
    async addEdge() {
      const edge = await startEdge();
      edges.push(edge);
      return edge;
    },
    stop: () => stack.unwind(),
  };
}
