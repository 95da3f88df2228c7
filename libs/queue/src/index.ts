/** The audit queue: batches of events on their way to the audit worker. */
export type { AuditConsumer, AuditProducer } from './audit-queue.ts';
export * from './bull.ts';
export * from './memory.ts';
export type { Watermarks } from './watermark.ts';
