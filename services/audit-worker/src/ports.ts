/** What the audit worker needs from the world, in its own words. */
import type { AuditEvent, SessionRecord } from '@elida/contracts';
import type { SdrFindings } from '@elida/record';

/** Batches from the edges. A handler that throws leaves the batch to be tried again, later. */
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

export interface EventStore {
  /** Idempotent by event id: inserting twice stores once. @returns how many were new. */
  insert(events: readonly StoredEvent[]): Promise<number>;
  /** Keeps, once, what can never be inserted, for people to look at. */
  park(batch: Uint8Array, error: string): Promise<void>;
  /** Of an error of the two above: `gone` waits, `data` is the event's own fault, `other` is ours. */
  judge(error: unknown): 'gone' | 'data' | 'other';
}

export interface OutboxItem {
  readonly record: SessionRecord;
  /** Of a session that goes on (a kill's). */
  readonly interim: boolean;
  readonly findings: SdrFindings;
}

/** Session detail records that no exporter has taken yet. */
export interface SdrOutbox {
  /**
   * Oldest first, under a row lock that other workers skip; marks them exported when `deliver` resolves.
   * @returns how many. @throws what `deliver` throws: then nothing is marked.
   */
  drain(limit: number, deliver: (items: readonly OutboxItem[]) => Promise<void>): Promise<number>;
  waiting(): Promise<number>;
}

export interface SdrExporter {
  /** Resolves when the sink has all of them. */
  export(items: readonly OutboxItem[]): Promise<void>;
  close(): Promise<void>;
}
