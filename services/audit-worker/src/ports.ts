/** What the audit worker needs from the world, in its own words. */
import type { AuditEvent } from '@elida/contracts';

/** Batches from the edges. A handler that throws leaves the batch to be tried again, later. */
export interface AuditSource {
  start(handler: (batch: Uint8Array) => Promise<void>): void;
  /** Tells the producers how far they are stored. @throws where the queue is gone. */
  readonly publish: Publish;
  close(): Promise<void>;
  depth(): Promise<number>;
}

export interface StoredEvent {
  readonly event: AuditEvent;
  /** The exact bytes that are hashed. */
  readonly leaf: Uint8Array;
  /** What opens the digests of the leaf. */
  readonly disclosures: readonly string[];
  /** The sealed capture that the event tells of. */
  readonly attachment?: Uint8Array;
}

/** Numbers `from` to `to`, both of them, of a producer. */
export interface Numbers {
  readonly producer: string;
  readonly from: number;
  readonly to: number;
  /** Said to be lost by the producer itself. Otherwise kept: stored or parked. */
  readonly lost: boolean;
}

export interface Stored {
  /** How many were new. */
  readonly inserted: number;
  /** Of each producer among the numbers: up to which one nothing is missing. */
  readonly through: ReadonlyMap<string, number>;
}

export interface Parked {
  /** A whole batch: what was asked for once more must be readable. */
  readonly batch: Uint8Array;
  readonly error: string;
}

export interface EventStore {
  /** Idempotent by event id: inserting twice stores once. Events and numbers at once, or neither. */
  insert(events: readonly StoredEvent[], numbers: readonly Numbers[]): Promise<Stored>;
  /** Keeps, once, what can never be inserted, for people to look at. */
  park(parked: readonly Parked[]): Promise<void>;
  /** Of an error of the two above: `gone` waits, `data` is the event's own fault, `other` is ours. */
  judge(error: unknown): 'gone' | 'data' | 'other';
}

/** Tells producers how far they are stored. */
export type Publish = (through: ReadonlyMap<string, number>) => Promise<void>;
