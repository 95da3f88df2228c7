/**
 * Kernel: what every process needs and no vendor gives: faults, clock, lifetime, log, secrets, ids, bounded queue.
 */
export * from './bounded-queue.ts';
export * from './clock.ts';
export * from './config/index.ts';
export * from './fault.ts';
export * from './file-lock.ts';
export * from './ids.ts';
export * from './lifetime.ts';
export * from './log.ts';
export * from './run-process.ts';
export * from './sealed.ts';
export * from './secret.ts';
export * from './signed-order.ts';
