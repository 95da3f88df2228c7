/** The worker's configuration: from the environment when it is a process of its own, from the composing process otherwise. */
import type { ConfigFile } from '@elida/contracts';
import { type Environment, env, readEnvironment, requireConfigFile, wiringEnvironment, wiringOf } from '@elida/kernel';

export interface TelemetryConfig {
  readonly exporter: 'otlp' | 'stdout' | 'none';
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly insecure: boolean;
  /** Of what callers say of themselves. */
  readonly redaction: ConfigFile['storage']['redaction'];
}

export interface AuditConfig {
  readonly telemetry: TelemetryConfig;
  /** null: the composing process serves the metrics. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly version: string;
}

/** What a process of its own needs beside that. */
export interface AuditProcessConfig extends AuditConfig {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** One JSON line on stdout when ready. */
  readonly json: boolean;
  readonly warnings: readonly string[];
}

const variables = wiringEnvironment.extend({
  ELIDA_POSTGRES_URL: env.url('postgres', 'postgresql'),
  ELIDA_REDIS_URL: env.url('redis', 'rediss'),
  ELIDA_VERSION: env.text.default('0.1.0'),
  ELIDA_JSON: env.flag.default(false),
  // The standard names win over the file, as they do for every OpenTelemetry program.
  OTEL_EXPORTER_OTLP_ENDPOINT: env.text.optional(),
  OTEL_SERVICE_NAME: env.text.optional(),
});

export function telemetryOf(
  { telemetry, storage }: ConfigFile,
  otel: { endpoint?: string; serviceName?: string } = {},
): TelemetryConfig {
  const exporter = otel.endpoint ? 'otlp' : telemetry.enabled ? telemetry.exporter : 'none';
  return {
    exporter,
    endpoint: otel.endpoint ?? telemetry.endpoint,
    headers: telemetry.headers,
    serviceName: otel.serviceName ?? telemetry.service_name,
    insecure: telemetry.insecure ?? false,
    redaction: storage.redaction,
  };
}

/** @throws ConfigError naming everything that is wrong with the environment and the file. */
export function readAuditConfig(environment: Environment): AuditProcessConfig {
  const read = readEnvironment(environment, variables);
  const { config, warnings } = requireConfigFile(read.ELIDA_CONFIG, environment);
  const { metrics, logLevel } = wiringOf({}, read, config);
  const otel = {
    ...(read.OTEL_EXPORTER_OTLP_ENDPOINT && { endpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT }),
    ...(read.OTEL_SERVICE_NAME && { serviceName: read.OTEL_SERVICE_NAME }),
  };
  return Object.freeze({
    telemetry: telemetryOf(config, otel),
    listen: metrics,
    version: read.ELIDA_VERSION,
    postgresUrl: read.ELIDA_POSTGRES_URL,
    redisUrl: read.ELIDA_REDIS_URL,
    logLevel,
    json: read.ELIDA_JSON,
    warnings,
  });
}
