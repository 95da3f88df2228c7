/** Puts the edge together. What it is given it uses, and leaves to the giver to close. */
import { type Clock, Fault, type Installation, Lifetime, type Log, systemClock, uuidv7 } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { type Metrics, type Readiness, startMetricsListener } from '@elida/telemetry';
import { assembleEdge } from './assemble.ts';
import type { EdgeConfig } from './config.ts';
import { drain } from './drain.ts';
import { runExchange } from './exchange.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { AuditQueue, Doorbell, SessionStore, SnapshotSource } from './ports.ts';
import { answerReserved } from './reserved.ts';
import { startServer } from './server.ts';
import { SnapshotHolder } from './snapshot-holder.ts';
import { withDemo } from './with-demo.ts';

export type { EdgeConfig } from './config.ts';
export { edgeFileConfig, newEdgeId } from './config.ts';
export type { AuditQueue, Doorbell, SessionStore, SnapshotSource } from './ports.ts';

export interface EdgeDeps {
  readonly sessions: SessionStore;
  readonly doorbell: Doorbell;
  readonly snapshots: SnapshotSource;
  readonly audit: AuditQueue;
  readonly installation: Installation;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface EdgeProcess {
  readonly url: string;
  /** Empty where the composing process serves the metrics. */
  readonly metricsUrl: string;
  ready(): Readiness;
  /** Unready, then drained, then closed: streams get the grace, the rest a native end; nothing recorded is lost. */
  close(): Promise<void>;
}

/** @throws Error where a port is taken or the certificate cannot be read. A control plane that is gone is waited for. */
export async function composeEdge(config: EdgeConfig, deps: EdgeDeps): Promise<EdgeProcess> {
  const { sessions, doorbell, installation, clock = systemClock } = deps;
  const log = deps.log.child({ part: 'edge', edge: config.edgeId });
  const lifetime = new Lifetime(log);
  const demo = withDemo(log, clock);
  lifetime.defer('demo backend', () => demo.close());
  const { dataDir } = config;
  const { complete } = demo;
  const holder = new SnapshotHolder({ source: deps.snapshots, doorbell, dataDir, log, complete });
  lifetime.defer('snapshot', () => holder.close());
  const { edge, orders, flush } = assembleEdge({
    id: config.edgeId,
    producer: `${config.edgeId}/${uuidv7(clock.now())}`,
    clock,
    log,
    installation,
    sessions,
    audit: deps.audit,
    metrics: deps.metrics,
    events: config.events,
    auditQueueMax: config.auditQueueMax,
    redact: redaction(config),
    doorbell,
    killBlock: config.killBlock,
    tables: () => holder.tables(),
  });
  lifetime.defer('records', flush);

  const state = { draining: false };
  const ready = readiness(holder, sessions, state);

  await holder.start();
  const server = await startServer(
    { ...config.listen, tls: config.tls },
    {
      exchange: (caller) => runExchange(edge, caller),
      reserved: (request, response) =>
        answerReserved(
          { ready, isBackend: (name) => holder.loaded && holder.tables().backends.has(name) },
          request,
          response,
        ),
      failed: (error) => log.warn('certificate_unreadable', { error }),
    },
  );
  lifetime.defer('listener', () => server.close());
  const metrics = config.metrics && (await startMetricsListener({ ...config.metrics, metrics: deps.metrics, ready }));
  lifetime.defer('metrics listener', () => metrics?.close());

  const following = orders.follow(lifetime.signal);
  const describe = () => ({
    edge: edge.id,
    url: server.url,
    snapshotVersion: holder.version,
    draining: state.draining,
  });
  const stopBeating = startHeartbeat({ ...edge, describe });
  return {
    url: server.url,
    metricsUrl: metrics?.url ?? '',
    ready,
    async close() {
      state.draining = true;
      await drain({ server, registry: edge.registry, graceMs: config.shutdownMs, fault: new Fault('draining') });
      stopBeating();
      await lifetime.close();
      await following;
    },
  };
}

function readiness(holder: SnapshotHolder, sessions: SessionStore, state: { draining: boolean }): () => Readiness {
  let entered = false;
  return () => {
    const { loaded } = holder;
    entered ||= sessions.available();
    const checks = {
      snapshot: loaded ? 'ok' : 'none yet',
      // Once it was there, its loss is answered request by request (503 with a code), not by closing the door.
      store: sessions.available() ? 'ok' : 'unavailable',
      drain: state.draining ? 'draining' : 'ok',
    };
    return { ready: loaded && entered && !state.draining, checks };
  };
}

function redaction({ redaction: { enabled, patterns, redact_private_ips } }: EdgeConfig): (text: string) => string {
  if (!enabled) return (text) => text;
  const redactor = createRedactor({ patterns, redactPrivateIps: redact_private_ips });
  return (text) => redactor.redact(text);
}
