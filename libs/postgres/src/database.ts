/** The one door to PostgreSQL: a bounded pool behind Kysely. A dead server is a Fault, never a crash and never a hang. */
import { Fault, type Log } from '@elida/kernel';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isDatabaseGone } from './database-gone.ts';
import type { Database } from './schema.ts';

export interface DatabaseOptions {
  /** postgres://…; a Unix socket as ?host=/folder. */
  readonly url: string;
  readonly log: Log;
  /** Each connection takes this role where it is there and may be taken; otherwise it stays who it is. */
  readonly role?: string;
  /** Connections of this process. */
  readonly poolMax?: number;
  /** Ends one statement on the server; a server that does not even say so is given up on a second later. */
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

const toFault = (error: unknown): unknown =>
  isDatabaseGone(error) ? new Fault('database_unavailable', undefined, { cause: error }) : error;

const CLOSE_WAIT_MS = 1_000;

/** The pool says that it has ended before its connections have: a server that is stopped next would complain of each. */
async function endPool(pool: pg.Pool): Promise<void> {
  let open = pool.totalCount;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, CLOSE_WAIT_MS);
  if (open === 0) resolve();
  pool.on('remove', () => {
    open--;
    if (open <= 0) resolve();
  });
  await pool.end();
  await closed;
  clearTimeout(timer);
}

const TAKE_ROLE = `select set_config('role', rolname, false) from pg_roles where rolname = $1 and pg_has_role(rolname, 'member')`;

/** node-postgres' pool as Kysely wants it, with its errors turned into ours at this rim. */
function faultPool(pool: pg.Pool, role: string | undefined): PostgresPool {
  /** Connections that have their role. */
  const settled = new WeakSet<pg.PoolClient>();
  return {
    options: pool.options,
    end: () => endPool(pool),
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw toFault(error);
      });
      let broken = false;
      if (role !== undefined && !settled.has(client)) {
        try {
          const { rowCount } = await client.query(TAKE_ROLE, [role]);
          // Before the migration there is none yet: asked again next time.
          if (rowCount !== 0) settled.add(client);
        } catch (error) {
          client.release(true);
          throw toFault(error);
        }
      }
      const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
        try {
          return await client.query(sql, [...parameters]);
        } catch (error) {
          // After a timeout the answer may still come: such a connection must not serve anybody else.
          broken ||= isDatabaseGone(error);
          throw toFault(error);
        }
      };
      return { query, release: (destroy) => client.release(destroy === true || broken) } as PostgresPoolClient;
    },
  };
}

/** Connects lazily: opening never fails. Callers close with `destroy()`. */
export function openDatabase(options: DatabaseOptions): Kysely<Database> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    query_timeout: statementTimeoutMs + 1_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'elida',
  });
  // A connection that breaks says so to whoever waits for an answer; without these listeners (one for those that are
  // idle, one for those that are in use) it would also end the process.
  pool.on('error', (error) => options.log.warn('database_connection_lost', { error }));
  pool.on('connect', (client) =>
    client.on('error', (error) => options.log.debug('database_connection_error', { error })),
  );
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: faultPool(pool, options.role) }) });
}
