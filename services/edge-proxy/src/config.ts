/** The edge's configuration: from the environment when it is a process of its own, from the composing process otherwise. */
import { hostname } from 'node:os';
import type { ConfigFile, ListenAddress } from '@elida/contracts';
import { base32 } from '@elida/contracts';
import { type Environment, env, readEnvironment, requireConfigFile, wiringEnvironment, wiringOf } from '@elida/kernel';
import type { Tracing } from './stages/trace-context.ts';
import type { TlsFiles } from './tls-files.ts';

export interface EdgeConfig {
  /** Name in acknowledgements and records; one of its own for each start. */
  readonly edgeId: string;
  readonly listen: ListenAddress;
  readonly tls: TlsFiles | null;
  /** null: the composing process serves the metrics. */
  readonly metrics: ListenAddress | null;
  /** Where the last good snapshot and the spool are kept; empty: nowhere. */
  readonly dataDir: string;
  /** Grace of running streams after SIGTERM. */
  readonly shutdownMs: number;
  readonly redaction: ConfigFile['storage']['redaction'];
  /** How long a kill lasts that a rule or the ladder gives; absent: half an hour. */
  readonly killBlock?: ConfigFile['session']['kill_block'];
  /** Absent: headers pass as they came. */
  readonly tracing?: Tracing;
  /** Whether events are recorded at all. */
  readonly events: boolean;
  /** Of `<dataDir>/spool`; absent, as without a data folder: events wait in memory only. */
  readonly spool?: ConfigFile['storage']['spool'];
  /** Events that may wait in memory; default LIMITS.auditQueueMax. */
  readonly auditQueueMax?: number;
}

/** What a process of its own needs beside that. */
export interface EdgeProcessConfig extends EdgeConfig {
  readonly redisUrl: string;
  readonly natsUrl: string;
  readonly controlUrl: string;
  readonly edgeKey: string;
  readonly secret: string;
  readonly killWindowMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** One JSON line on stdout when ready. */
  readonly json: boolean;
  readonly warnings: readonly string[];
}

const variables = wiringEnvironment.extend({
  ELIDA_REDIS_URL: env.url('redis', 'rediss'),
  ELIDA_NATS_URL: env.url('nats', 'tls'),
  ELIDA_CONTROL_URL: env.url('http', 'https'),
  ELIDA_EDGE_KEY: env.text,
  ELIDA_SECRET: env.secret,
  ELIDA_EDGE_ID: env.text.optional(),
  ELIDA_JSON: env.flag.default(false),
});

/** @param random at least five bytes: two pods of one name are two edges. */
export const newEdgeId = (random: Uint8Array): string => `${hostname()}-${base32(random.subarray(0, 5))}`;

type FileConfig = Required<
  Pick<EdgeConfig, 'tls' | 'shutdownMs' | 'redaction' | 'killBlock' | 'tracing' | 'events' | 'spool'>
>;

/** What the YAML file says about the edge's own process. */
export const edgeFileConfig = (file: ConfigFile): FileConfig => ({
  tls:
    file.tls.enabled && file.tls.cert_file && file.tls.key_file
      ? { certFile: file.tls.cert_file, keyFile: file.tls.key_file }
      : null,
  shutdownMs: file.shutdown_timeout,
  redaction: file.storage.redaction,
  killBlock: file.session.kill_block,
  tracing: { propagate: file.telemetry.traces.propagate, sample: file.telemetry.traces.sample },
  events: file.storage.enabled && file.storage.events.enabled,
  spool: file.storage.spool,
});

/** @throws ConfigError naming everything that is wrong with the environment and the file. */
export function readEdgeConfig(environment: Environment, random: Uint8Array): EdgeProcessConfig {
  const read = readEnvironment(environment, variables);
  const { config, warnings } = requireConfigFile(read.ELIDA_CONFIG, environment);
  const wiring = wiringOf({}, read, config);
  return Object.freeze({
    ...edgeFileConfig(config),
    edgeId: read.ELIDA_EDGE_ID ?? newEdgeId(random),
    listen: wiring.proxy,
    metrics: wiring.metrics,
    dataDir: wiring.dataDir,
    redisUrl: read.ELIDA_REDIS_URL,
    natsUrl: read.ELIDA_NATS_URL,
    controlUrl: read.ELIDA_CONTROL_URL,
    edgeKey: read.ELIDA_EDGE_KEY,
    secret: read.ELIDA_SECRET,
    killWindowMs: config.session.kill_block.duration,
    logLevel: wiring.logLevel,
    json: read.ELIDA_JSON,
    warnings,
  });
}
