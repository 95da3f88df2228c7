/** Puts the edge together. What it is given it uses, and leaves to the giver to close. */
import { type Clock, Fault, type Installation, Lifetime, type Log, systemClock } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { type Metrics, type Readiness, startMetricsListener } from '@elida/telemetry';
import { type Assembled, assembleEdge } from './assemble.ts';
import type { EdgeConfig } from './config.ts';
import { drain } from './drain.ts';
import { runExchange } from './exchange.ts';
import { startHeartbeat } from './heartbeat.ts';
import { edgeMetrics } from './metrics.ts';
import { openOutbox } from './open-outbox.ts';
import type { AuditQueue, Doorbell, SessionStore, SnapshotSource } from './ports.ts';
import { answerReserved } from './reserved.ts';
import { startServer } from './server.ts';
import { SnapshotHolder } from './snapshot-holder.ts';
import type { Outbox } from './spool/outbox.ts';
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
  const { sessions, doorbell, clock = systemClock } = deps;
  const log = deps.log.child({ part: 'edge', edge: config.edgeId });
  const lifetime = new Lifetime(log);
  const demo = withDemo(log, clock);
  lifetime.defer('demo backend', () => demo.close());
  const { dataDir } = config;
  const { complete } = demo;
  const holder = new SnapshotHolder({ source: deps.snapshots, doorbell, dataDir, log, complete });
  lifetime.defer('snapshot', () => holder.close());
  const { edge, orders, flush } = await assemble(config, { ...deps, clock, log }, holder);
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
  const scraped = config.metrics && (await startMetricsListener({ ...config.metrics, metrics: deps.metrics, ready }));
  lifetime.defer('metrics listener', () => scraped?.close());

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
    metricsUrl: scraped?.url ?? '',
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

type Given = EdgeDeps & Required<Pick<EdgeDeps, 'clock'>>;

async function assemble(config: EdgeConfig, deps: Given, holder: SnapshotHolder): Promise<Assembled> {
  const { sessions, doorbell, installation, clock, log } = deps;
  const metrics = edgeMetrics(deps.metrics);
  const atRisk = (count: number): void => metrics.auditAtRisk.add({}, count);
  const outbox = await openOutbox(config, { audit: deps.audit, clock, log, atRisk });
  sampled(deps.metrics, holder, outbox);
  return assembleEdge({
    id: config.edgeId,
    clock,
    log,
    installation,
    sessions,
    outbox,
    metrics,
    events: config.events,
    auditQueueMax: config.auditQueueMax,
    redact: redaction(config),
    doorbell,
    tracing: config.tracing,
    killBlock: config.killBlock,
    strict: () => holder.loaded && holder.tables().settings.auditMode === 'strict',
    tables: () => holder.tables(),
  });
}

function sampled(metrics: Metrics, holder: SnapshotHolder, outbox: Outbox): void {
  metrics.sampled('elida_snapshot_version', 'Version of the snapshot in force', () => holder.version);
  metrics.sampled('elida_edge_audit_pending', 'Events in memory that no disk and no queue has', () => outbox.held);
  metrics.sampled('elida_edge_spool_bytes', 'Bytes of the spool', () => outbox.bytes);
}

function redaction({ redaction: { enabled, patterns, redact_private_ips } }: EdgeConfig): (text: string) => string {
  if (!enabled) return (text) => text;
  const redactor = createRedactor({ patterns, redactPrivateIps: redact_private_ips });
  return (text) => redactor.redact(text);
}
