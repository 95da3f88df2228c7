/** The audit queue: batches of events on their way to the audit worker. */
export type { AuditConsumer, AuditProducer } from './audit-queue.ts';
export {
  type BullQueueOptions,
  type BullSourceOptions,
  createBullAuditQueue,
  createBullAuditSource,
} from './bull.ts';
export * from './bull-exports.ts';
export type { ExportQueue } from './export-queue.ts';
export * from './memory.ts';
export * from './memory-exports.ts';
export type { Watermarks } from './watermark.ts';
