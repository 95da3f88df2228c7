/** The control plane's configuration: from the environment when it is a process of its own, from the composing process otherwise. */
import { join } from 'node:path';
import { type ConfigFile, isLoopbackHost, type ListenAddress } from '@elida/contracts';
import {
  ConfigError,
  type Environment,
  env,
  exposureProblems,
  readEnvironment,
  requireConfigFile,
  wiringEnvironment,
  wiringOf,
} from '@elida/kernel';
import { checkFilePolicies } from '@elida/policy';
import type { StartKeys } from './publisher/import-file.ts';

export interface ControlConfig {
  readonly listen: ListenAddress;
  /** null: the composing process serves the metrics. */
  readonly metrics: ListenAddress | null;
  readonly file: ConfigFile;
  /** Keys that exist from the start. */
  readonly keys: StartKeys;
  /** Loopback callers need no key. Has no effect on a listener beyond loopback, or with `control.auth.enabled: true`. */
  readonly localWithoutKey: boolean;
  /** Where `secret:<name>` of a backend is looked for. */
  readonly secretsDir: string;
  readonly version: string;
}

/** What a process of its own needs beside that. */
export interface ControlProcessConfig extends ControlConfig {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
  readonly secret: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** One JSON line on stdout when ready. */
  readonly json: boolean;
  readonly warnings: readonly string[];
}

const variables = wiringEnvironment.extend({
  ELIDA_POSTGRES_URL: env.url('postgres', 'postgresql'),
  ELIDA_REDIS_URL: env.url('redis', 'rediss'),
  ELIDA_NATS_URL: env.url('nats', 'tls'),
  ELIDA_SECRET: env.secret,
  ELIDA_SECRETS_DIR: env.text.optional(),
  ELIDA_OWNER_KEY: env.text.optional(),
  ELIDA_EDGE_KEY: env.text.optional(),
  ELIDA_CLIENT_KEY: env.text.optional(),
  ELIDA_VERSION: env.text.default('0.1.0'),
  ELIDA_JSON: env.flag.default(false),
});

/** Who may call without a key, as the file and the listener have it. */
export function accessOf({ file, listen, localWithoutKey }: ControlConfig): {
  localWithoutKey: boolean;
  openToAll: boolean;
} {
  const { auth } = file.control;
  const needsKey = auth.enabled === true || auth.api_key !== undefined;
  return {
    localWithoutKey: localWithoutKey && isLoopbackHost(listen.host) && !needsKey,
    openToAll: auth.allow_insecure && auth.enabled !== true,
  };
}

/** @throws ConfigError naming everything that is wrong with the environment and the file. */
export function readControlConfig(environment: Environment): ControlProcessConfig {
  const read = readEnvironment(environment, variables);
  const { config, warnings } = requireConfigFile(read.ELIDA_CONFIG, environment, [checkFilePolicies]);
  const wiring = wiringOf({}, read, config);
  // This process opens the control listener only; what the proxy's may do is the edge's to judge.
  const problems = exposureProblems({ proxy: { host: '127.0.0.1', port: 0 }, control: wiring.control }, config, {
    client: true,
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    listen: wiring.control,
    metrics: wiring.metrics,
    file: config,
    keys: { owner: read.ELIDA_OWNER_KEY, edge: read.ELIDA_EDGE_KEY, client: read.ELIDA_CLIENT_KEY },
    localWithoutKey: false,
    secretsDir: read.ELIDA_SECRETS_DIR ?? join(wiring.dataDir, 'secrets'),
    version: read.ELIDA_VERSION,
    postgresUrl: read.ELIDA_POSTGRES_URL,
    redisUrl: read.ELIDA_REDIS_URL,
    natsUrl: read.ELIDA_NATS_URL,
    secret: read.ELIDA_SECRET,
    logLevel: wiring.logLevel,
    json: read.ELIDA_JSON,
    warnings,
  });
}
