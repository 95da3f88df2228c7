/** An edge in this process, on memory adapters: everything real but the stores. */
import { createHmac } from 'node:crypto';
import {
  type AuditEvent,
  type Backend,
  createSnapshot,
  decodeBatch,
  type Order,
  type Snapshot,
} from '@elida/contracts';
import {
  type AuditQueue,
  composeEdge,
  type EdgeConfig,
  type EdgeProcess,
  type SnapshotSource,
} from '@elida/edge-proxy/compose';
import { createLog, type Installation, newOrderId, openInstallation, signOrder } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { decodeRecord } from '@elida/record';
import { createMemorySessionStore, type MemorySessionStore } from '@elida/session';
import { createMetrics, type Metrics } from '@elida/telemetry';

export type SnapshotInit = NonNullable<Parameters<typeof createSnapshot>[0]>;

export interface TestEdge {
  readonly edge: EdgeProcess;
  readonly url: string;
  readonly port: number;
  readonly store: MemorySessionStore;
  readonly bell: ReturnType<typeof createMemoryBell>;
  readonly installation: Installation;
  readonly metrics: Metrics;
  readonly log: string[];
  /** Events as the audit worker would get them; asks the edge for those that wait. */
  events(): AuditEvent[];
  /** Puts another snapshot in force, or has it refused. */
  publish(change: SnapshotInit): Promise<void>;
  /** Gives an order as the control plane does: into the store, then the bell. */
  order(order: Partial<Order> & Pick<Order, 'kind' | 'selector'>): Promise<void>;
  close(): Promise<void>;
}

export interface TestEdgeOptions {
  readonly edgeId?: string;
  readonly snapshot?: SnapshotInit;
  readonly store?: MemorySessionStore;
  /** Shared by several edges; the test closes it. */
  readonly bell?: TestEdge['bell'];
  readonly shutdownMs?: number;
  readonly keys?: Readonly<Record<string, string>>;
  readonly audit?: (batch: Uint8Array) => Promise<void>;
  /** The audit queue itself; default: one that takes all and never says that something is stored. */
  readonly queue?: AuditQueue;
  readonly dataDir?: string;
  /** Under `dataDir`; default: events wait in memory. */
  readonly spool?: EdgeConfig['spool'];
  readonly tls?: EdgeConfig['tls'];
  readonly tracing?: EdgeConfig['tracing'];
  readonly auditQueueMax?: number;
  readonly snapshotSource?: Partial<SnapshotSource>;
  readonly wrapStore?: (store: MemorySessionStore) => MemorySessionStore;
}

export const backend = (url: string, more: Partial<Omit<Backend, '$typeName'>> = {}): Omit<Backend, '$typeName'> => ({
  ...{ name: 'main', url, dialect: 'openai', models: [], default: true, keyRef: '', headers: {} },
  ...{ connectionsMax: 0, tlsCaFile: '' },
  ...more,
});

const SETTINGS = { anonymousLoopback: true, providerKeyIdentity: true };
export const SECRET = 'a-secret-of-more-than-thirty-two-characters';

/** `elida_<id>_<secret>` and its entry in a snapshot. */
export function apiKey(id: string, more: Record<string, unknown> = {}) {
  const secret = `secret${id}`;
  const key = openInstallation(SECRET).key('api-key');
  const hash = createHmac('sha256', key).update(secret).digest();
  return {
    key: `elida_${id}_${secret}`,
    entry: { id, hash, kid: '', tenant: 'default', principal: `user:${id}`, roles: ['client'], expiresAt: '', ...more },
  };
}

/** The control plane's half of a test: what is published, and what keys there are. */
function publication(options: TestEdgeOptions) {
  let version = 0;
  let snapshot: Snapshot = createSnapshot({});
  const set = (change: SnapshotInit): number => {
    version++;
    snapshot = createSnapshot({
      ...{ version, hash: `hash-${version}`, minEngine: 1 },
      ...change,
      settings: { ...SETTINGS, ...(change.settings as object) } as never,
    });
    return version;
  };
  set(options.snapshot ?? {});
  const source: SnapshotSource = {
    fetch: (etag) => Promise.resolve(etag === snapshot.hash ? null : snapshot),
    backendKey: (ref) => {
      const key = options.keys?.[ref];
      return key === undefined ? Promise.reject(new Error('no such key')) : Promise.resolve(key);
    },
    ...options.snapshotSource,
  };
  return { set, source };
}

const configOf = ({
  edgeId = 'edge-test',
  dataDir = '',
  shutdownMs = 1_000,
  auditQueueMax,
  spool,
  tls = null,
  tracing,
}: TestEdgeOptions): EdgeConfig => ({
  edgeId,
  listen: { host: '127.0.0.1', port: 0 },
  tls,
  metrics: null,
  dataDir,
  shutdownMs,
  redaction: { enabled: true, redact_private_ips: true, patterns: [] },
  events: true,
  ...(auditQueueMax === undefined ? {} : { auditQueueMax }),
  ...(spool && { spool }),
  ...(tracing && { tracing }),
});

export async function startTestEdge(options: TestEdgeOptions = {}): Promise<TestEdge> {
  const installation = openInstallation(SECRET);
  const lines: string[] = [];
  const log = createLog({ level: 'debug', write: (line) => lines.push(line) });
  const inner = options.store ?? createMemorySessionStore({ now: () => Date.now() });
  if (!options.store) await inner.markReady();
  const store = options.wrapStore?.(inner) ?? inner;
  const bell = options.bell ?? createMemoryBell({ installation, log });
  const metrics = createMetrics({ processMetrics: false });
  const batches: Uint8Array[] = [];
  const { set, source } = publication(options);
  const audit = {
    send: async (batch: Uint8Array) => {
      await options.audit?.(batch);
      await options.queue?.send(batch);
      batches.push(batch);
    },
    through: (producer: string) => options.queue?.through(producer) ?? Promise.resolve(null),
    waiting: () => options.queue?.waiting() ?? Promise.resolve(0),
  };
  const deps = { sessions: store, doorbell: bell, snapshots: source, audit, installation, metrics, log };
  const edge = await composeEdge(configOf(options), deps);
  return {
    ...{ edge, url: edge.url, port: Number(new URL(edge.url).port), store, bell, installation, metrics, log: lines },
    events: () => batches.flatMap((batch) => decodeBatch(batch).leaves.map((record) => decodeRecord(record).event)),
    async publish(change) {
      const version = set(change);
      await bell.ringSnapshot(version, `hash-${version}`);
      const inForce = `"version":${version},`;
      const isDecided = (line: string): boolean =>
        (line.includes('snapshot_in_force') || line.includes('snapshot_refused')) && line.includes(inForce);
      while (!lines.some(isDecided)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async order(given) {
      const order: Order = {
        ...{ id: newOrderId(), epoch: 0, tenant: '', mode: 'duration' as const, untilAt: Date.now() + 60_000 },
        ...{ actor: 'test', reason: 'because', at: Date.now() },
        ...given,
      };
      const { selector } = order;
      if (selector.scope === 'session') await store.applyToSession(selector.id, order, true);
      else if (order.kind === 'kill' || order.kind === 'block' || order.kind === 'hold') {
        const effect = order.kind === 'hold' ? ('hold' as const) : ('refuse' as const);
        await store.putBlock({ ...order, effect });
      }
      const signed = signOrder(installation, order);
      await store.appendOrder(signed);
      await bell.ringOrder(signed);
    },
    async close() {
      await edge.close();
      if (options.bell === undefined) await bell.close();
    },
  };
}
