/** PostgreSQL for the rest of ELIDA: the pool, the tables, the events. Nobody else imports `pg` or issues DDL. */
export {
  dropCaptureDays,
  insertCaptures,
  makeCapturePartitions,
  readCaptures,
  type StoredCapture,
} from './captures.ts';
export { type DatabaseOptions, openDatabase } from './database.ts';
export { isBadData, isDatabaseGone, isNotMigrated } from './database-gone.ts';
export * from './deliveries.ts';
export {
  insertEvents,
  makeEventPartitions,
  type Numbers,
  type StoredEvent,
  type Storing,
  storeBatch,
} from './events.ts';
export { toJsonb } from './jsonb.ts';
export * from './log.ts';
export * from './log-reads.ts';
export { migrate } from './migrate.ts';
export * from './parked.ts';
export * from './producers.ts';
export * from './retention.ts';
export type * from './schema.ts';
