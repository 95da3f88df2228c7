/** The worker's configuration: from the environment when it is a process of its own, from the composing process otherwise. */
import { join } from 'node:path';
import type { ConfigFile } from '@elida/contracts';
import { type Environment, env, readEnvironment, requireConfigFile, wiringEnvironment, wiringOf } from '@elida/kernel';

export interface TelemetryConfig {
  /** Empty: nothing is exported. */
  readonly exporters: ConfigFile['telemetry']['exporter'];
  /** JSON lines are appended here; empty: nowhere. */
  readonly file: string;
  readonly protocol: ConfigFile['telemetry']['protocol'];
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly insecure: boolean;
  readonly captureContent: ConfigFile['telemetry']['capture_content'];
  readonly bodyCharsMax: number;
  /** How long a sink that is away is tried. */
  readonly retryForMs: number;
  readonly logs: boolean;
  readonly traces: { readonly enabled: boolean; readonly sample: number };
  readonly metrics: { readonly enabled: boolean; readonly intervalMs: number };
  /** Of what callers say of themselves. */
  readonly redaction: ConfigFile['storage']['redaction'];
}

export interface RecordConfig {
  /** File outside of the database that checkpoints are appended to; empty: none. */
  readonly checkpoints: string;
  /** Checkpoints to standard output, too. */
  readonly checkpointsToStdout: boolean;
  /** Whole days that events are kept; null: for ever. */
  readonly eventDays: number | null;
  /** Whole days that session records are kept; null: for ever. */
  readonly sessionDays: number | null;
}

export interface AuditConfig {
  readonly telemetry: TelemetryConfig;
  readonly record: RecordConfig;
  /** null: the composing process serves the metrics. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly version: string;
}

/** What a process of its own needs beside that. */
export interface AuditProcessConfig extends AuditConfig {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** Of the installation: it signs the log. */
  readonly secret: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** One JSON line on stdout when ready. */
  readonly json: boolean;
  readonly warnings: readonly string[];
}

const variables = wiringEnvironment.extend({
  ELIDA_POSTGRES_URL: env.url('postgres', 'postgresql'),
  ELIDA_REDIS_URL: env.url('redis', 'rediss'),
  ELIDA_SECRET: env.secret,
  ELIDA_CHECKPOINTS: env.text.optional(),
  ELIDA_CHECKPOINTS_STDOUT: env.flag.default(false),
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
  const { enabled } = telemetry;
  const named = enabled ? telemetry.exporter : [];
  return {
    exporters: otel.endpoint && !named.includes('otlp') ? [...named, 'otlp'] : named,
    file: enabled ? telemetry.file : '',
    protocol: telemetry.protocol,
    captureContent: telemetry.capture_content,
    bodyCharsMax: telemetry.max_body_size,
    retryForMs: telemetry.retry_for,
    logs: telemetry.logs.enabled,
    traces: telemetry.traces,
    metrics: { enabled: telemetry.metrics.enabled, intervalMs: telemetry.metrics.interval },
    endpoint: otel.endpoint ?? telemetry.endpoint,
    headers: telemetry.headers,
    serviceName: otel.serviceName ?? telemetry.service_name,
    insecure: telemetry.insecure ?? false,
    redaction: storage.redaction,
  };
}

/** @param path of the checkpoint file. */
export const recordOf = ({ storage }: ConfigFile, path: string, toStdout = false): RecordConfig => ({
  checkpoints: path,
  checkpointsToStdout: toStdout,
  eventDays: storage.events.retention_days ?? null,
  sessionDays: storage.retention_days ?? null,
});

/** @throws ConfigError naming everything that is wrong with the environment and the file. */
export function readAuditConfig(environment: Environment): AuditProcessConfig {
  const read = readEnvironment(environment, variables);
  const { config, warnings } = requireConfigFile(read.ELIDA_CONFIG, environment);
  const { metrics, logLevel, dataDir } = wiringOf({}, read, config);
  const otel = {
    ...(read.OTEL_EXPORTER_OTLP_ENDPOINT && { endpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT }),
    ...(read.OTEL_SERVICE_NAME && { serviceName: read.OTEL_SERVICE_NAME }),
  };
  return Object.freeze({
    telemetry: telemetryOf(config, otel),
    record: recordOf(config, read.ELIDA_CHECKPOINTS ?? join(dataDir, 'checkpoints.log'), read.ELIDA_CHECKPOINTS_STDOUT),
    secret: read.ELIDA_SECRET,
    listen: metrics,
    version: read.ELIDA_VERSION,
    postgresUrl: read.ELIDA_POSTGRES_URL,
    redisUrl: read.ELIDA_REDIS_URL,
    logLevel,
    json: read.ELIDA_JSON,
    warnings,
  });
}
