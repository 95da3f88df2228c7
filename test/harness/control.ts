/** A real control plane over real PostgreSQL and the memory adapters; an edge is played by hand. Its clock can be moved. */
import { createClient } from '@elida/client';
import { type ConfigFile, fileSchema, type Order, type SessionRecord } from '@elida/contracts';
import { type ControlPlane, composeControl } from '@elida/control-plane/compose';
import { type Clock, Fault, type Installation, newSecret, openInstallation, silentLog } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { type Database, openDatabase } from '@elida/postgres';
import { createMemorySessionStore, type EnterRequest, type MemorySessionStore } from '@elida/session';
import { createMetrics } from '@elida/telemetry';
import { type Kysely, sql } from 'kysely';

export const OWNER_KEY = 'elida_owner1_0123456789abcdef';
export const EDGE_KEY = 'elida_edge1_0123456789abcdef';

export interface TestControlOptions {
  readonly postgresUrl: string;
  /** As the YAML file would say it. */
  readonly file?: object;
  readonly localWithoutKey?: boolean;
  readonly secretsDir?: string;
  /** Keep the tables of an earlier control plane: a restart. */
  readonly keep?: boolean;
  readonly store?: MemorySessionStore;
  readonly installation?: Installation;
  /** Another way to the same database. */
  readonly db?: Kysely<Database>;
  /** Does the edge hear and answer? Default true. */
  readonly answers?: boolean;
}

export interface TestControl extends ControlPlane {
  readonly db: Kysely<Database>;
  readonly store: MemorySessionStore;
  readonly installation: Installation;
  readonly client: ReturnType<typeof createClient>;
  clientOf(key: string): ReturnType<typeof createClient>;
  /** What the edge was told. */
  readonly orders: Order[];
  readonly published: number[];
  readonly bell: ReturnType<typeof createMemoryBell>;
  /** Moves the clock, ms. */
  pass(ms: number): void;
  enter(session: Partial<EnterRequest> & { sid: string }): Promise<SessionRecord>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** `sid('a')`: an id of the right form. */
export const sid = (letter: string): string => `ses_${letter.repeat(26)}`;

const configFile = (file: object = {}): ConfigFile => fileSchema.parse(file);

async function empty(db: Kysely<Database>): Promise<void> {
  await sql`drop schema public cascade`.execute(db);
  await sql`create schema public`.execute(db);
}

export async function startTestControl(options: TestControlOptions): Promise<TestControl> {
  let skew = 0;
  const clock: Clock = { now: () => Date.now() + skew, monotonic: () => performance.now() + skew };
  const db = options.db ?? openDatabase({ url: options.postgresUrl, log: silentLog });
  if (!options.keep) await empty(db);
  const installation = options.installation ?? openInstallation(newSecret());
  const unavailable = (): Error => new Fault('store_unavailable');
  const store = options.store ?? createMemorySessionStore({ now: () => clock.now(), unavailable });
  const bell = createMemoryBell({ installation });
  const orders: Order[] = [];
  const published: number[] = [];
  bell.onOrder((order) => {
    orders.push(order);
    if (options.answers ?? true) bell.ack({ orderId: order.id, edge: 'edge-1', exchangesCut: 2, sessions: [] });
  });
  bell.onSnapshot((version) => published.push(version));
  const control = await composeControl(
    {
      listen: { host: '127.0.0.1', port: 0 },
      metrics: null,
      file: configFile(options.file),
      keys: { owner: OWNER_KEY, edge: EDGE_KEY },
      localWithoutKey: options.localWithoutKey ?? false,
      secretsDir: options.secretsDir ?? '/nowhere',
      version: '0.0.0-test',
    },
    {
      db,
      store,
      bell,
      installation,
      clock,
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
      checkReplies: true,
    },
  );
  await store.heartbeat({ edge: 'edge-1', url: 'http://edge-1', snapshotVersion: 1, inflight: 2, draining: false });
  return {
    ...control,
    db,
    store,
    installation,
    orders,
    published,
    bell,
    client: createClient({ url: control.url, key: OWNER_KEY }),
    clientOf: (key) => createClient({ url: control.url, key }),
    pass: (ms) => {
      skew += ms;
    },
    async enter(session) {
      await store.enter({ ...ENTER, ...session });
      const record = await store.get(session.sid);
      if (!record) throw new Error('the session did not begin');
      return record;
    },
    fetch: (path, init = {}) =>
      fetch(control.url + path, { ...init, headers: { authorization: `Bearer ${OWNER_KEY}`, ...init.headers } }),
    async close() {
      await control.close();
      await bell.close();
      if (!options.db) await db.destroy();
    },
  };
}

const ENTER: Omit<EnterRequest, 'sid'> = {
  tenant: 'default',
  principal: 'key:p1',
  agent: 'agent-1',
  workflow: '',
  parent: '',
  tags: {},
  hintKind: 'x-session-id',
  displayName: 'client-0badcafe-openai',
  policy: '',
  backend: 'openai',
  clientAddr: '192.0.2.1',
  edge: 'edge-1',
  idleMs: 3_600_000,
  lifeMs: 86_400_000,
};

/** Asks again until the promise holds; the system's own loops decide when. @throws after `ms`. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>, ms = 5_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
