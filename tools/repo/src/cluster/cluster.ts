/** The distributed system on this machine: real stores, one process per edge, control plane, audit worker. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, freePort, startNats, startPostgres, startRedis } from '../backends/index.ts';
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

export type StoreName = 'redis' | 'nats' | 'postgres';
export type PartName = StoreName | 'control' | 'audit';

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
  /** Starts one more edge, or one in the place of a killed one. @param name of one that is gone: its folder returns. Default: a new one. */
  addEdge(name?: string): Promise<Service>;
  /** Starts one more audit worker. */
  addAudit(): Promise<Service>;
  /** The data folder of a process: `control`, `edge-1` and further ones, `audit`, `audit-2` and further ones. */
  folderOf(process: string): string;
  /** Resolves when it is gone. @param signal default: the one that stops it with care. */
  halt(part: PartName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts what was halted: same address, same data. */
  revive(part: PartName): Promise<void>;
  /** Stops all of it: edges first, stores last. */
  stop(): Promise<void>;
}

/** A process at a fixed address that can be stopped and started again. */
class Slot<T extends Backend | Service> {
  current: T;
  readonly #start: () => Promise<T>;

  constructor(start: () => Promise<T>, current: T) {
    this.#start = start;
    this.current = current;
  }

  static async start<T extends Backend | Service>(start: () => Promise<T>): Promise<Slot<T>> {
    return new Slot(start, await start());
  }

  async halt(signal?: NodeJS.Signals): Promise<void> {
    const running: Backend | Service = this.current;
    await ('child' in running ? running.child.stop(signal) : running.stop(signal));
  }

  async revive(): Promise<void> {
    this.current = await this.#start();
  }
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

/** Each at a port and in a folder that stay its own, so that it can come back. */
async function startStores(scratch: string): Promise<[Slot<Backend>, Slot<Backend>, Slot<Backend>]> {
  const place = async (name: StoreName): Promise<{ own: true; port: number; dataDir: string }> => {
    const dataDir = join(scratch, name);
    mkdirSync(dataDir, { mode: 0o700 });
    return { own: true, port: await freePort(), dataDir };
  };
  const [redis, nats, postgres] = [await place('redis'), await place('nats'), await place('postgres')];
  return (await together(
    [Slot.start(() => startRedis(redis)), Slot.start(() => startNats(nats)), Slot.start(() => startPostgres(postgres))],
    (slot) => slot.halt(),
  )) as [Slot<Backend>, Slot<Backend>, Slot<Backend>];
}

type Starter = (folder: string, name: string, env: Readonly<Record<string, string>>) => Promise<Service>;

/** What all processes of ELIDA have in common. */
function starter(options: ClusterOptions, scratch: string, redis: Backend, nats: Backend): Starter {
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
  return (folder, name, env) => {
    const dataDir = join(scratch, name);
    mkdirSync(dataDir, { mode: 0o700, recursive: true });
    return startService({
      root: options.root,
      name: folder,
      env: { ...common, ELIDA_DATA_DIR: dataDir, ...env },
      scratch,
      log: (line) => options.log?.(name, line),
    });
  };
}

async function compose(options: ClusterOptions, stack: Stack): Promise<Cluster> {
  const scratch = mkdtempSync(join(tmpdir(), 'elida-cluster-'));
  // PostgreSQL runs as somebody else, and has its folder in here.
  chmodSync(scratch, 0o711);
  stack.push(async () => rmSync(scratch, { recursive: true, force: true }));
  const [redis, nats, postgres] = await startStores(scratch);
  stack.push(() => Promise.all([redis, nats, postgres].map((store) => store.halt())));

  const start = starter(options, scratch, redis.current, nats.current);
  const [controlKey, clientKey, edgeKey] = [newKey(), newKey(), newKey()];
  const ELIDA_POSTGRES_URL = postgres.current.url;
  const ELIDA_CONTROL_PORT = String(await freePort());
  const keys = { ELIDA_OWNER_KEY: controlKey, ELIDA_CLIENT_KEY: clientKey, ELIDA_EDGE_KEY: edgeKey };
  const control = await Slot.start(() =>
    start('control-plane', 'control', { ...keys, ELIDA_POSTGRES_URL, ELIDA_CONTROL_PORT }),
  );
  stack.push(() => control.halt());

  let started = 0;
  const startEdge = (name = `edge-${++started}`): Promise<Service> => {
    return start('edge-proxy', name, {
      ELIDA_EDGE_ID: name,
      ELIDA_EDGE_KEY: edgeKey,
      ELIDA_CONTROL_URL: String(control.current.ready.control),
    });
  };
  const startAudit = (name = 'audit'): Promise<Service> => start('audit-worker', name, { ELIDA_POSTGRES_URL });
  const [first, ...edges] = (await together(
    [startAudit(), ...Array.from({ length: options.edges }, () => startEdge())],
    (one) => one.child.stop(),
  )) as [Service, ...Service[]];
  const audit = new Slot(() => startAudit(), first);
  const further: Service[] = [];
  stack.push(() => Promise.all([audit.halt(), ...further.map((worker) => worker.child.stop())]));
  stack.push(() => Promise.all(edges.map((edge) => edge.child.stop())));
  const parts: Readonly<Record<PartName, Slot<Backend> | Slot<Service>>> = { redis, nats, postgres, control, audit };
  return {
    ...{ edges, controlKey, clientKey },
    get control() {
      return control.current;
    },
    get audit() {
      return audit.current;
    },
    get redis() {
      return redis.current;
    },
    get nats() {
      return nats.current;
    },
    get postgres() {
      return postgres.current;
    },
    async addEdge(name) {
      const edge = await startEdge(name);
      edges.push(edge);
      return edge;
    },
    async addAudit() {
      const worker = await startAudit(`audit-${further.length + 2}`);
      further.push(worker);
      return worker;
    },
    folderOf: (process) => join(scratch, process),
    halt: (part, signal) => parts[part].halt(signal),
    revive: (part) => parts[part].revive(),
    stop: () => stack.unwind(),
  };
}
