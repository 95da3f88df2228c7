/** The distributed control plane: real adapters, loaded only here, so that a process that brings its own does not load them. */
import { createLog, Lifetime, type Log, openInstallation } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { type ControlPlane, composeControl } from './compose.ts';
import type { ControlProcessConfig } from './config.ts';

/** The pool is shared by the API, the journal's lanes and the loops. */
const POOL = 16;
const STATEMENT_MS = 5_000;

function openLog(config: ControlProcessConfig): Log {
  const redactor = createRedactor({ redactPrivateIps: false });
  const log = createLog({ level: config.logLevel, redact: (text) => redactor.redact(text) });
  for (const warning of config.warnings) log.warn('config', { warning });
  return log;
}

/** @throws Fault database_unavailable where Postgres is not there within a minute. */
export async function controlFromEnvironment(config: ControlProcessConfig): Promise<ControlPlane> {
  const log = openLog(config);
  const [{ createRedisSessionStore }, { createNatsBell }, { openDatabase }, { createMetrics }] = await Promise.all([
    import('@elida/redis'),
    import('@elida/nats'),
    import('@elida/postgres'),
    import('@elida/telemetry'),
  ]);
  const installation = openInstallation(config.secret);
  const lifetime = new Lifetime(log);
  const db = openDatabase({ url: config.postgresUrl, log, poolMax: POOL, statementTimeoutMs: STATEMENT_MS });
  lifetime.defer('database', () => db.destroy());
  const killWindowMs = config.file.session.kill_block.duration;
  const store = createRedisSessionStore({ redis: config.redisUrl, log, killWindowMs });
  lifetime.defer('sessions', () => store.close());
  const bell = createNatsBell({ url: config.natsUrl, installation, log });
  lifetime.defer('bell', () => bell.close());
  const metrics = createMetrics({ processMetrics: true });
  try {
    const control = await composeControl(config, { db, store, bell, installation, metrics, log });
    return {
      ...control,
      async close() {
        await control.close();
        await lifetime.close();
      },
    };
  } catch (error) {
    await lifetime.close();
    throw error;
  }
}
