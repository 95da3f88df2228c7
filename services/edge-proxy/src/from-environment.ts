/** The distributed edge: real adapters, loaded only here, so that a process that brings its own does not load them. */
import { createLog, Lifetime, type Log, openInstallation } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { composeEdge, type EdgeProcess } from './compose.ts';
import type { EdgeProcessConfig } from './config.ts';
import { createHttpSnapshotSource } from './http-snapshot-source.ts';

function openLog(config: EdgeProcessConfig): Log {
  const redactor = createRedactor({ redactPrivateIps: false });
  const log = createLog({ level: config.logLevel, redact: (text) => redactor.redact(text) });
  for (const warning of config.warnings) log.warn('config', { warning });
  return log;
}

/** Starts whether or not the stores are there; what is gone is answered with a code until it returns. */
export async function edgeFromEnvironment(config: EdgeProcessConfig): Promise<EdgeProcess> {
  const log = openLog(config);
  const [{ createRedisSessionStore }, { createNatsBell }, { createBullAuditQueue }, { createMetrics }] =
    await Promise.all([
      import('@elida/redis'),
      import('@elida/nats'),
      import('@elida/queue'),
      import('@elida/telemetry'),
    ]);
  const installation = openInstallation(config.secret);
  const lifetime = new Lifetime(log);
  const sessions = createRedisSessionStore({ redis: config.redisUrl, log, killWindowMs: config.killWindowMs });
  lifetime.defer('sessions', () => sessions.close());
  const doorbell = createNatsBell({ url: config.natsUrl, installation, log });
  lifetime.defer('doorbell', () => doorbell.close());
  const audit = createBullAuditQueue({ redisUrl: config.redisUrl, log });
  lifetime.defer('audit queue', () => audit.close());
  const snapshots = createHttpSnapshotSource(config);
  lifetime.defer('snapshots', () => snapshots.close());
  const metrics = createMetrics({ processMetrics: true });
  const edge = await composeEdge(config, { sessions, doorbell, audit, snapshots, installation, metrics, log });
  return {
    ...edge,
    async close() {
      await edge.close();
      await lifetime.close();
    },
  };
}
