/** PostgreSQL for the rest of ELIDA: the pool, the tables, the events. Nobody else imports `pg` or issues DDL. */
export { type DatabaseOptions, openDatabase } from './database.ts';
export { isBadData, isDatabaseGone, isNotMigrated } from './database-gone.ts';
export { insertEvents, makeEventPartitions, type StoredEvent } from './events.ts';
export { toJsonb } from './jsonb.ts';
export { migrate } from './migrate.ts';
export type * from './schema.ts';
