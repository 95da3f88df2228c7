/** Puts the control plane together. What it is given it uses, and leaves to the giver to close. */
import { captureSettings, printListen } from '@elida/contracts';
import { type Clock, type Installation, isFault, Lifetime, type Log, systemClock } from '@elida/kernel';
import { type Database, migrate } from '@elida/postgres';
import { type Metrics, type Readiness, startMetricsListener } from '@elida/telemetry';
import type { Kysely } from 'kysely';
import { createAuthenticate } from './access/authenticate.ts';
import { createApp } from './app.ts';
import { type Assembly, assembleControl } from './assemble.ts';
import { accessOf, type ControlConfig } from './config.ts';
import type { ControlBell, SessionDirectory, SnapshotSource } from './ports.ts';
import { importFile } from './publisher/import-file.ts';
import { pause } from './record/pause.ts';
import { createHandlers } from './routes/handlers.ts';

export { type ControlConfig, type ControlProcessConfig, readControlConfig } from './config.ts';

export interface ControlDeps {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly bell: ControlBell;
  readonly installation: Installation;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock?: Clock;
  /** Tests: an answer that does not fit its schema is an error. */
  readonly checkReplies?: boolean;
}

export interface ControlPlane {
  readonly url: string;
  /** Empty where the composing process serves the metrics. */
  readonly metricsUrl: string;
  /** For an edge in the same process. */
  readonly snapshots: SnapshotSource;
  ready(): Promise<Readiness>;
  close(): Promise<void>;
}

/** A database that is just starting is waited for this long. */
const START_WAIT_MS = 60_000;
const START_AGAIN_MS = 500;

/** @throws Fault database_unavailable after a minute; ConfigError; Error where a port is taken. */
export async function composeControl(config: ControlConfig, given: ControlDeps): Promise<ControlPlane> {
  const log = given.log.child({ part: 'control' });
  const deps = { ...given, log, clock: given.clock ?? systemClock };
  const lifetime = new Lifetime(log);
  try {
    return await start(config, deps, lifetime);
  } catch (error) {
    await lifetime.close();
    throw error;
  }
}

async function start(
  config: ControlConfig,
  deps: ControlDeps & { readonly clock: Clock },
  lifetime: Lifetime,
): Promise<ControlPlane> {
  const { installation, clock, log } = deps;
  const assembly = assembleControl(config, deps);
  const { parts, metrics } = assembly;
  await prepare(config, deps, assembly, lifetime.signal);

  const access = accessOf(config);
  const { api_key: sharedKey } = config.file.control.auth;
  const rules = { ...access, sharedKey, allowedHosts: config.file.control.allowed_hosts };
  if (access.openToAll) log.warn('control_open_to_all', { listen: printListen(config.listen) });
  const door = await createApp({
    handlers: createHandlers(parts),
    parts,
    authenticate: createAuthenticate(parts.keyring, installation, rules),
    log,
    clock,
    version: config.version,
    capture: captureSettings(config.file),
    onAnswer: metrics.answered,
    checkReplies: deps.checkReplies ?? false,
  });
  const url = await door.listen(config.listen.host, config.listen.port);
  lifetime.defer('listener', () => door.close());

  const ready = async (): Promise<Readiness> => {
    const { status, checks } = await parts.health.look();
    const said = Object.entries(checks).map(([name, { ok, detail }]) => [name, ok ? 'ok' : detail]);
    return { ready: status !== 'down', checks: Object.fromEntries(said) };
  };
  const listener = config.metrics && (await startMetricsListener({ ...config.metrics, metrics: deps.metrics, ready }));
  lifetime.defer('metrics listener', () => listener?.close());

  const { signal } = lifetime;
  const { watch, reconciler, lost, reaper, interim, holdTimer, edgeOrders } = assembly.orders;
  const loops = [watch, reconciler, lost, reaper, interim, holdTimer, edgeOrders, assembly.feed];
  const running = loops.map((loop) => loop.run(signal));
  lifetime.defer('loops', () => Promise.all(running));
  log.info('control_ready', { url });
  return {
    url,
    metricsUrl: listener?.url ?? '',
    snapshots: { fetch: (etag) => parts.publisher.fetch(etag), backendKey: (ref) => parts.publisher.backendKey(ref) },
    ready,
    close: () => lifetime.close(),
  };
}

/** Tables, file, first snapshot, and the store rebuilt: before anybody is let in. */
async function prepare(
  config: ControlConfig,
  { db, installation, clock, log }: ControlDeps & { readonly clock: Clock },
  { parts, orders }: Assembly,
  signal: AbortSignal,
): Promise<void> {
  await whenThere(() => migrate(db), clock, log, signal);
  await importFile({ db, installation, clock, log, file: config.file, keys: config.keys });
  await parts.keyring.load();
  await parts.publisher.publishFile();
  try {
    await orders.reconciler.rebuildIfWiped();
  } catch (error) {
    // The store may come later than we do; the reconciler goes on asking.
    if (!isFault(error)) throw error;
    log.warn('store_not_there_yet', { error });
  }
}

async function whenThere(work: () => Promise<unknown>, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const giveUp = clock.monotonic() + START_WAIT_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const isGone = isFault(error) && error.code === 'database_unavailable';
      if (!isGone || clock.monotonic() > giveUp || signal.aborted) throw error;
      log.warn('database_not_there_yet', { error });
      await pause(START_AGAIN_MS, signal);
    }
  }
}
