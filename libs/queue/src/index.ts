/** The audit queue: batches of events on their way to the audit worker. */
export * from './audit-queue.ts';
export * from './memory.ts';
