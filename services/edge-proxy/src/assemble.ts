/** The parts that every exchange works with, wired to each other. No listener, no loop. */
import { LIMITS } from '@elida/contracts';
import type { Clock, Installation, Log } from '@elida/kernel';
import { BlockTable } from './block-table.ts';
import { ByteBudget } from './byte-budget.ts';
import { Captures } from './capture/captures.ts';
import type { EdgeConfig } from './config.ts';
import { Deadlines } from './deadlines.ts';
import type { Edge } from './edge.ts';
import { ExchangeRegistry } from './exchange-registry.ts';
import { HoldRoom } from './hold-room.ts';
import { Ledger } from './ledger.ts';
import { Metering } from './metering.ts';
import type { EdgeMetrics } from './metrics.ts';
import { KILL_BLOCK, OrderDesk } from './order-desk.ts';
import { Orders } from './orders.ts';
import type { Doorbell, SessionStore } from './ports.ts';
import { Recorder } from './recorder.ts';
import type { RunningExchange } from './running-exchange.ts';
import { SettleBuffer } from './settle.ts';
import type { Outbox } from './spool/outbox.ts';
import { Identifier } from './stages/identify.ts';
import type { Tracing } from './stages/trace-context.ts';
import type { Tables } from './tables/tables.ts';
import { ViolationRecorder } from './violation-recorder.ts';
import { Violations } from './violations.ts';

export interface EdgeParts {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly installation: Installation;
  readonly sessions: SessionStore;
  readonly metrics: EdgeMetrics;
  /** Closed by `flush`. */
  readonly outbox: Outbox;
  readonly events: boolean;
  readonly auditQueueMax?: number | undefined;
  readonly redact: (text: string) => string;
  readonly doorbell: Doorbell;
  readonly tracing: EdgeConfig['tracing'];
  readonly killBlock?: EdgeConfig['killBlock'] | undefined;
  /** The record's mode in the settings in force; false before there are any. */
  readonly strict: () => boolean;
  readonly tables: () => Tables;
}

export interface Assembled {
  readonly edge: Edge;
  /** Listens to the doorbell already; whoever composes lets it follow the stream. */
  readonly orders: Orders;
  /** Sends what waits: counters, events. */
  flush(): Promise<void>;
}

const UNTRACED: Tracing = { propagate: 'pass', sample: 0 };

export function assembleEdge(parts: EdgeParts): Assembled {
  const { clock, log, installation, sessions, outbox, doorbell, redact, metrics } = parts;
  const deadlines = new Deadlines(clock);
  const registry = new ExchangeRegistry<RunningExchange>();
  const budget = new ByteBudget(LIMITS.bufferedBytesMax.value);
  const identifier = new Identifier(installation, sessions, redact);
  const settle = new SettleBuffer(sessions, log, (count) => metrics.settleLost.add({}, count));
  const recorder = new Recorder({
    enabled: parts.events,
    queueMax: parts.auditQueueMax ?? LIMITS.auditQueueMax.value,
    outbox,
    clock,
    log,
    redact,
    live: (event) => doorbell.live(event),
    lost: () => metrics.auditLost.add({}),
    strict: parts.strict,
  });
  const metering = new Metering(recorder, metrics, redact);
  const captures = new Captures({ sessions, recorder, installation, budget, clock, log, redact });
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
    ledger: new Ledger({ clock, registry, settle, recorder, metrics, identifier, budget, metering, captures, redact }),
    recorder,
    violations: new Violations({
      ...{ log, installation, sessions, desk },
      recorder: new ViolationRecorder(recorder, metrics, redact),
    }),
    captures,
    metrics,
    budget,
    tracing: parts.tracing ?? UNTRACED,
    tables: parts.tables,
  };
  return {
    edge,
    orders,
    async flush() {
      await captures.flush();
      await settle.close();
      await recorder.close();
      deadlines.close();
    },
  };
}
