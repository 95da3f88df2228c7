/** What the audit worker needs from the world, in its own words. */
import type { AuditEvent, SessionRecord } from '@elida/contracts';

/** Batches from the edges. A handler that throws leaves the batch to be tried again; `Poison` parks it. */
export interface AuditSource {
  start(handler: (batch: Uint8Array) => Promise<void>): void;
  close(): Promise<void>;
  depth(): Promise<number>;
}

export interface StoredEvent {
  readonly event: AuditEvent;
  /** The exact bytes that the producer wrote. */
  readonly leaf: Uint8Array;
}

/** Idempotent by event id: inserting twice stores once. Returns how many were new. */
export interface EventStore {
  insert(events: readonly StoredEvent[]): Promise<number>;
}

/** Session detail records that no exporter has taken yet. */
export interface SdrOutbox {
  /** Under a row lock; marks them exported when `deliver` resolves. Returns how many. */
  drain(limit: number, deliver: (records: readonly SessionRecord[]) => Promise<void>): Promise<number>;
}

export interface SdrExporter {
  export(records: readonly SessionRecord[]): Promise<void>;
  close(): Promise<void>;
}
