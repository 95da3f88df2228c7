/** The tables, as Kysely sees them. Migrations make them; nobody else issues DDL. Times are timestamptz. */
import type { BlockMode, EndReason, OrderKind, Selector, SessionRecord } from '@elida/contracts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Json<T> = JSONColumnType<T & object>;
export type Owner = 'file' | 'api' | 'kubernetes';

/** Immutable rows: a change is a new version. */
export interface PoliciesTable {
  name: string;
  version: number;
  owner: Owner;
  content: Json<Record<string, unknown>>;
  author: string;
  created_at: Time;
  /** The policy ended with this version, which has no content. */
  deleted: Generated<boolean>;
}

/** What was published. Rolling back publishes an old content under a new version. */
export interface SnapshotsTable {
  version: number;
  hash: string;
  content: Json<Record<string, unknown>>;
  author: string;
  note: string;
  created_at: Time;
}

export interface BackendsTable {
  name: string;
  owner: Owner;
  /** ConfigFile backend, key as a reference only. */
  spec: Json<Record<string, unknown>>;
  revision: number;
  updated_at: Time;
}

export interface ApiKeysTable {
  /** Public half of elida_<id>_<secret>. */
  id: string;
  hash: Buffer;
  kid: string;
  name: string;
  owner: Owner;
  tenant: string;
  principal: string;
  roles: string[];
  backends: string[];
  may_choose_backend: boolean;
  expires_at: NullableTime;
  created_at: Time;
  created_by: string;
  revoked_at: NullableTime;
}

/** Who ordered what and why. Never changed but for `applied_at` and `result`. */
export interface ControlOrdersTable {
  id: string;
  idempotency_key: string | null;
  kind: OrderKind;
  tenant: string;
  selector: Json<Selector>;
  mode: BlockMode;
  until_at: NullableTime;
  actor: string;
  reason: string;
  at: Time;
  applied_at: NullableTime;
  result: Json<Record<string, unknown>> | null;
}

/** Standing kills, holds and blocks, session-scoped ones too: what a wiped Redis is rebuilt from. */
export interface BlocksTable {
  /** The order that set it. */
  id: string;
  tenant: string;
  effect: 'refuse' | 'hold' | 'terminate';
  selector: Json<Selector>;
  mode: BlockMode;
  until_at: NullableTime;
  actor: string;
  reason: string;
  at: Time;
  lifted_at: NullableTime;
  lifted_by: string | null;
}

/** One final record per incarnation, never overwritten. */
export interface SessionsTable {
  sid: string;
  incarnation: number;
  tenant: string;
  principal: string;
  agent: string;
  parent: string;
  backend: string;
  state: string;
  end_reason: EndReason;
  started_at: Time;
  ended_at: Time;
  requests: number;
  bytes_in: ColumnType<string, number, number>;
  bytes_out: ColumnType<string, number, number>;
  record: Json<SessionRecord>;
}

/** Session detail records on their way to the exporters: final ones and, at a kill, interim ones. */
export interface SdrOutboxTable {
  id: Generated<string>;
  sid: string;
  incarnation: number;
  interim: boolean;
  /** Of the incarnation, for interim records that come once a period. */
  period: ColumnType<number | null, number | null | undefined, never>;
  record: Json<SessionRecord>;
  created_at: Time;
  /** It has its deliveries. */
  planned_at: NullableTime;
  /** All its sinks have it. */
  exported_at: NullableTime;
}

/** A record on its way to a sink. */
export interface DeliveriesTable {
  id: Generated<string>;
  /** Of sdr_outbox. */
  outbox: string;
  sink: string;
  state: Generated<'waiting' | 'delivered' | 'dead'>;
  attempts: Generated<number>;
  error: Generated<string>;
  since: Generated<Date>;
  queued_at: NullableTime;
  settled_at: NullableTime;
}

/** Append-only: UPDATE, DELETE and TRUNCATE are refused by triggers. Partitioned by day of `occurred_at`. */
export interface EventsTable {
  event_id: string;
  tenant: string;
  log_index: string | null;
  /** Insertion order, for `/control/events` integer ids. */
  id: Generated<string>;
  producer: string;
  seq: ColumnType<string, number, never>;
  occurred_at: Time;
  received_at: ColumnType<Date, Date | undefined, never>;
  type: string;
  session: string;
  incarnation: number;
  severity: string;
  leaf: Buffer;
  /** What opens the digests of the leaf. */
  disclosures: Generated<string[]>;
  data: Json<Record<string, unknown>>;
}

export interface ParkedBatchesTable {
  id: Generated<string>;
  batch: Buffer;
  error: string;
  parked_at: Time;
  replay_requested_at: NullableTime;
  replayed_at: NullableTime;
}

/** Which event has which index in its tenant's log. Rows stay when retention takes the event. */
export interface LogEntriesTable {
  tenant: string;
  log_index: ColumnType<string, number, never>;
  event_id: string;
  occurred_at: Time;
  leaf_hash: Buffer;
}

/** Levels above 0; of a tile that grows each width has its row. */
export interface LogTilesTable {
  tenant: string;
  level: number;
  tile: ColumnType<string, number, never>;
  width: number;
  hashes: Buffer;
}

export interface LogCheckpointsTable {
  tenant: string;
  size: ColumnType<string, number, never>;
  root: Buffer;
  at: Time;
  /** The signed note. */
  note: string;
}

/** What retention took: statements that the log signed. */
export interface LogRetentionTable {
  id: Generated<string>;
  tenant: string;
  day: string;
  /** int8multirange of log indices. */
  removed: string;
  at: Time;
  note: string;
}

/** int8multiranges of a producer's numbers. */
export interface AuditProducersTable {
  producer: string;
  stored: string;
  lost: string;
  /** Up to here nothing is missing but what was said to be lost. */
  through: Generated<string>;
  first_seen: Generated<Date>;
  last_seen: Generated<Date>;
}

/** Events that have no index yet; filled by a trigger. */
export interface LogPendingTable {
  tenant: string;
  producer: string;
  seq: string;
  id: string;
  event_id: string;
  occurred_at: Time;
  leaf_hash: Buffer;
}

/** Request and reply of an exchange, sealed by the edge that saw it. Partitioned by day of `captured_at`. */
export interface CapturesTable {
  capture_id: string;
  tenant: string;
  session: string;
  incarnation: number;
  exchange: string;
  captured_at: Time;
  flagged: boolean;
  /** Of the installation secret. */
  kid: string;
  sealed: Buffer;
}

export interface Database {
  policies: PoliciesTable;
  snapshots: SnapshotsTable;
  backends: BackendsTable;
  api_keys: ApiKeysTable;
  control_orders: ControlOrdersTable;
  blocks: BlocksTable;
  sessions: SessionsTable;
  sdr_outbox: SdrOutboxTable;
  deliveries: DeliveriesTable;
  events: EventsTable;
  parked_batches: ParkedBatchesTable;
  log_entries: LogEntriesTable;
  log_tiles: LogTilesTable;
  log_checkpoints: LogCheckpointsTable;
  log_retention: LogRetentionTable;
  audit_producers: AuditProducersTable;
  log_pending: LogPendingTable;
  captures: CapturesTable;
}
