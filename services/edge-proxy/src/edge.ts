/** What every exchange of this edge works with. Built by compose; stages take what they need from it. */
import type { Clock, Installation, Log } from '@elida/kernel';
import type { BlockTable } from './block-table.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Captures } from './capture/captures.ts';
import type { Deadlines } from './deadlines.ts';
import type { HoldRoom } from './hold-room.ts';
import type { Ledger } from './ledger.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { SessionStore } from './ports.ts';
import type { Recorder } from './recorder.ts';
import type { RunningExchanges } from './running-exchange.ts';
import type { Identifier } from './stages/identify.ts';
import type { Tracing } from './stages/trace-context.ts';
import type { Tables } from './tables/tables.ts';
import type { Violations } from './violations.ts';

export interface Edge {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly installation: Installation;
  readonly sessions: SessionStore;
  readonly blocks: BlockTable;
  readonly deadlines: Deadlines;
  readonly registry: RunningExchanges;
  readonly holds: HoldRoom;
  readonly identifier: Identifier;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly violations: Violations;
  readonly captures: Captures;
  readonly metrics: EdgeMetrics;
  readonly budget: ByteBudget;
  readonly tracing: Tracing;
  /** The current tables; an exchange asks once and keeps them. @throws Fault not_ready before the first snapshot. */
  tables(): Tables;
}
