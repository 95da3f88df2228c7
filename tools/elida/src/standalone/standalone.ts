/**
 * The whole system in one process: the three services over memory adapters and a private PostgreSQL. The same
 * compositions as in the distributed system; only the adapters differ.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { composeAudit, recordOf, telemetryOf } from '@elida/audit-worker/compose';
import { composeControl } from '@elida/control-plane/compose';
import { composeEdge, edgeFileConfig, newEdgeId } from '@elida/edge-proxy/compose';
import { base32, Fault, type Installation, Lifetime, type Log, openInstallation, systemClock } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { openDatabase } from '@elida/postgres';
import { startEmbeddedPostgres } from '@elida/postgres/embedded';
import { createMemoryAudit } from '@elida/queue/memory';
import { createMemoryExports } from '@elida/queue/memory-exports';
import { createMemorySessionStore } from '@elida/session';
import { createMetrics, startMetricsListener } from '@elida/telemetry';
import type { StandaloneSettings } from './settings.ts';

export interface StandaloneParts {
  readonly settings: StandaloneSettings;
  /** Of the instance alone: locked by the caller. */
  readonly folder: string;
  readonly secret: string;
  readonly version: string;
  readonly log: Log;
}

export interface Standalone {
  readonly proxy: string;
  readonly control: string;
  readonly metrics: string;
  readonly ownerKey: string;
  /** No backend is configured: the demo answers. */
  readonly demo: boolean;
  /** Names of the policies in force. */
  readonly policies: readonly string[];
  /** Drains the edge, lets the records reach the database, stops it. */
  close(): Promise<void>;
}

/** @throws Error where a part cannot start; what had started by then is stopped. */
export async function startStandalone(parts: StandaloneParts): Promise<Standalone> {
  const lifetime = new Lifetime(parts.log);
  try {
    return await compose(parts, lifetime);
  } catch (error) {
    await lifetime.close();
    throw error;
  }
}

/** What the distributed system has in PostgreSQL, Redis, NATS and BullMQ. */
async function openAdapters(
  { settings, folder, log }: StandaloneParts,
  installation: Installation,
  lifetime: Lifetime,
) {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log });
  lifetime.defer('postgres', () => postgres.stop());
  const db = openDatabase({ url: postgres.url, log });
  lifetime.defer('database', () => db.destroy());
  const recordDb = openDatabase({ url: postgres.url, log, role: 'elida_audit' });
  lifetime.defer('record database', () => recordDb.destroy());
  const store = createMemorySessionStore({
    now: () => systemClock.now(),
    killWindowMs: settings.file.session.kill_block.duration,
    unavailable: () => new Fault('store_unavailable'),
  });
  const bell = createMemoryBell({ installation, log });
  lifetime.defer('bell', () => bell.close());
  return { db, recordDb, store, bell, ...createMemoryAudit({ log }) };
}

async function compose(parts: StandaloneParts, lifetime: Lifetime): Promise<Standalone> {
  const { settings, folder, secret, version, log } = parts;
  const { file, wiring } = settings;
  const installation = openInstallation(secret);
  const ownerKey = settings.keys.owner ?? ownerKeyOf(secret);
  const metrics = createMetrics({ processMetrics: true });
  const { db, recordDb, store, bell, queue, source } = await openAdapters(parts, installation, lifetime);

  const control = await composeControl(
    {
      file,
      listen: wiring.control,
      metrics: null,
      keys: { owner: ownerKey, client: settings.keys.client },
      localWithoutKey: true,
      secretsDir: join(folder, 'secrets'),
      version,
    },
    { db, store, bell, installation, metrics, log },
  );
  lifetime.defer('control plane', () => control.close());
  const audit = await composeAudit(
    {
      telemetry: telemetryOf(file),
      record: recordOf(file, join(folder, 'checkpoints.log')),
      listen: null,
      version,
    },
    { db, recordDb, installation, source, exports: createMemoryExports({ log }), metrics, log },
  );
  lifetime.defer('audit worker', () => audit.close());
  const edge = await composeEdge(
    {
      ...edgeFileConfig(file),
      edgeId: newEdgeId(randomBytes(5)),
      listen: wiring.proxy,
      metrics: null,
      dataDir: folder,
    },
    { sessions: store, doorbell: bell, snapshots: control.snapshots, audit: queue, installation, metrics, log },
  );
  lifetime.defer('edge', () => edge.close());
  const listener = await startMetricsListener({
    ...wiring.metrics,
    metrics,
    ready: async () => {
      const parts = [edge.ready(), await audit.ready(), await control.ready()];
      return {
        ready: parts.every(({ ready }) => ready),
        checks: Object.assign({}, ...parts.map(({ checks }) => checks)),
      };
    },
  });
  lifetime.defer('metrics listener', () => listener.close());
  const snapshot = await control.snapshots.fetch('');
  return {
    proxy: edge.url,
    control: control.url,
    metrics: listener.url,
    ownerKey,
    demo: snapshot?.backends.length === 0,
    policies: snapshot?.policies.map(({ name }) => name) ?? [],
    close: () => lifetime.close(),
  };
}

/** The owner's key follows from the installation secret: it survives a restart and needs no file of its own. */
function ownerKeyOf(secret: string): string {
  const bytes = Buffer.from(hkdfSync('sha256', secret, 'elida', 'standalone-owner-key', 32));
  return `elida_standalone_${base32(bytes)}`;
}
