/**
 * The way of audit batches from the edges to the audit worker, both ends. Fits `AuditQueue` (edge) and `AuditSource`
 * (audit worker). At least once: the worker stores idempotently.
 */
import type { Watermarks } from './watermark.ts';

export interface AuditProducer {
  /** Resolves when the batch is kept by the queue; rejects where it is gone or full: the caller keeps the batch. */
  send(batch: Uint8Array): Promise<void>;
  /** Up to which number all events of a producer are stored for good. Null: not known. @throws where the queue is gone. */
  through(producer: string): Promise<number | null>;
  /** Batches that wait, are in hand, or wait to be tried again. @throws where the queue is gone. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export interface AuditConsumer {
  /** A handler that throws leaves the batch to be tried again, with back-off, for ever: it parks itself what can never be stored. */
  start(handler: (batch: Uint8Array) => Promise<void>): void;
  /** Tells the producers how far they are stored. @throws where the queue is gone: say it again later. */
  publish(marks: Watermarks): Promise<void>;
  /** Lets the batch in hand finish. */
  close(): Promise<void>;
  /** Batches that wait, are in hand, or wait to be tried again. */
  depth(): Promise<number>;
}

const BACK_OFF = { firstMs: 250, maxMs: 30_000 } as const;

/** 250 ms, doubled a time, at most 30 s. @param attempt 1 after the first failure. */
export const backOffMs = (attempt: number): number =>
  Math.min(BACK_OFF.firstMs * 2 ** Math.min(attempt - 1, 20), BACK_OFF.maxMs);
