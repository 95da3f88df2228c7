/** The parts that every exchange works with, wired to each other. No listener, no loop. */
import { LIMITS } from '@elida/contracts';
import type { Clock, Installation, Log } from '@elida/kernel';
import type { Metrics } from '@elida/telemetry';
import { BlockTable } from './block-table.ts';
import { ByteBudget } from './byte-budget.ts';
import type { EdgeConfig } from './config.ts';
import { Deadlines } from './deadlines.ts';
import type { Edge } from './edge.ts';
import { ExchangeRegistry } from './exchange-registry.ts';
import { HoldRoom } from './hold-room.ts';
import { Ledger } from './ledger.ts';
import { Metering } from './metering.ts';
import { edgeMetrics } from './metrics.ts';
import { KILL_BLOCK, OrderDesk } from './order-desk.ts';
import { Orders } from './orders.ts';
import type { AuditQueue, Doorbell, SessionStore } from './ports.ts';
import { Recorder } from './recorder.ts';
import type { RunningExchange } from './running-exchange.ts';
import { SettleBuffer } from './settle.ts';
import { Identifier } from './stages/identify.ts';
import type { Tables } from './tables/tables.ts';
import { ViolationRecorder } from './violation-recorder.ts';
import { Violations } from './violations.ts';

export interface EdgeParts {
  readonly id: string;
  /** Name of this producer of events: of one process, because numbers begin at 1. */
  readonly producer: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly installation: Installation;
  readonly sessions: SessionStore;
  readonly audit: AuditQueue;
  readonly metrics: Metrics;
  readonly events: boolean;
  readonly auditQueueMax?: number | undefined;
  readonly redact: (text: string) => string;
  readonly doorbell: Doorbell;
  readonly killBlock?: EdgeConfig['killBlock'] | undefined;
  readonly tables: () => Tables;
}

export interface Assembled {
  readonly edge: Edge;
  /** Listens to the doorbell already; whoever composes lets it follow the stream. */
  readonly orders: Orders;
  /** Sends what waits: counters, events. */
  flush(): Promise<void>;
}

export function assembleEdge(parts: EdgeParts): Assembled {
  const { clock, log, installation, sessions, audit, doorbell, redact } = parts;
  const metrics = edgeMetrics(parts.metrics);
  const deadlines = new Deadlines(clock);
  const registry = new ExchangeRegistry<RunningExchange>();
  const budget = new ByteBudget(LIMITS.bufferedBytesMax.value);
  const identifier = new Identifier(installation, sessions, redact);
  const settle = new SettleBuffer(sessions, log, (count) => metrics.settleLost.add({}, count));
  const recorder = new Recorder({
    enabled: parts.events,
    queueMax: parts.auditQueueMax ?? LIMITS.auditQueueMax.value,
    producer: parts.producer,
    audit,
    clock,
    log,
    redact,
    live: (event) => doorbell.live(event),
    lost: () => metrics.auditLost.add({}),
  });
  const metering = new Metering(recorder, metrics, redact);
  sampled(parts.metrics, parts.tables, recorder);
  const blocks = new BlockTable(sessions, clock);
  const holds = new HoldRoom(deadlines);
  const common = { clock, log, installation, sessions, doorbell, registry, blocks, holds };
  const orders = new Orders({ edge: parts.id, ...common, recorder, metrics });
  const desk = new OrderDesk({ ...common, orders, killBlock: parts.killBlock ?? KILL_BLOCK });
  const edge: Edge = {
    id: parts.id,
    clock,
    log,
    installation,
    sessions,
    blocks,
    deadlines,
    registry,
    holds,
    identifier,
    ledger: new Ledger({ clock, registry, settle, recorder, metrics, identifier, budget, metering, redact }),
    recorder,
    violations: new Violations({
      ...{ log, installation, sessions, desk },
      recorder: new ViolationRecorder(recorder, metrics, redact),
    }),
    metrics,
    budget,
    tables: parts.tables,
  };
  return {
    edge,
    orders,
    async flush() {
      await settle.close();
      await recorder.close();
      deadlines.close();
    },
  };
}

function sampled(metrics: Metrics, tables: () => Tables, recorder: Recorder): void {
  metrics.sampled('elida_snapshot_version', 'Version of the snapshot in force', () => tables().version);
  metrics.sampled('elida_edge_audit_pending', 'Events that wait to be sent to the audit queue', () => recorder.depth);
}
