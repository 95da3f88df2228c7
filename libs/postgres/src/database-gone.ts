/** Is the database gone, or is our statement wrong? The first is waited out, the second is a bug or bad data. */
import { isFault } from '@elida/kernel';

/** Of the socket. */
const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * SQLSTATE: class 08 connection, 57P01–57P05 shutting down or starting up, 53300 too many connections, 25006 a standby
 * after a failover, 57014 the statement took longer than it may. (PostgreSQL, appendix A)
 */
const SQL_STATE = /^(08...|57P0[1-5]|53300|25006|57014)$/;

/** node-postgres gives these no code. */
const MESSAGES = [
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end',
];

export function isDatabaseGone(error: unknown): boolean {
  if (isFault(error)) return error.code === 'database_unavailable';
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isDatabaseGone)) return true;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (SYSTEM_CODES.has(code) || SQL_STATE.test(code))) return true;
  return MESSAGES.some((message) => error.message.startsWith(message));
}

const sqlStateOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** The tables (42P01, 42883) or the database (3D000) are not there yet: the control plane makes them. */
export const isNotMigrated = (error: unknown): boolean => /^(42P01|42883|3D000)$/.test(sqlStateOf(error));

/** The values are not what the columns take: class 22 data exception, class 23 integrity. Trying again cannot help. */
export const isBadData = (error: unknown): boolean => /^2[23]...$/.test(sqlStateOf(error));
