/**
 * The YAML file (snake_case; keys that the seed documents show keep their names). zod is the truth; docs/configuration.md
 * is generated from it. Parts whose feature is not in this version parse and are named in one warning (`LATER`).
 */
import { z } from 'zod';
import { CAPTURE_MODES } from '../capture.ts';
import { duration } from './duration.ts';
import { cidr, listenAddress } from './listen.ts';

const flag = z.boolean();
const names = z.array(z.string());
/** An empty key is no key. */
const key = z.string().transform((text) => text || undefined);

const providerUrl = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  const message = !url
    ? 'must be a URL such as https://api.openai.com'
    : !/^(https?|wss?):$/.test(url.protocol)
      ? 'must start with http://, https://, ws:// or wss://'
      : url.username || url.password
        ? 'must not carry a user or password: use api_key or headers'
        : url.search || url.hash
          ? 'must not carry a query or a fragment'
          : '';
  if (message) context.addIssue({ code: 'custom', message });
});

export const backendSchema = z.strictObject({
  url: providerUrl.describe('Base URL of the provider; its path is kept'),
  type: z.string().default('openai').describe('Dialect: openai, anthropic, or any other name for plain HTTP'),
  models: names.default([]).describe('Globs of the models it serves; * also crosses /'),
  default: flag.default(false).describe('Takes what no other rule routes'),
  model: z.string().optional().describe('Model to ask for when another backend fails over to this one'),
  api_key: key.optional().describe('Injected key: `${VAR}`, `file:/path`, `secret:name`, or the key itself'),
  headers: z.record(z.string(), z.string()).default({}).describe('Extra headers towards the provider'),
  connections_max: z.number().int().positive().default(512).describe('Sockets of its pool'),
  timeouts: z
    .strictObject({
      connect: duration.default(10_000),
      headers: duration.default(600_000),
      idle: duration.default(300_000),
      total: duration.default(0),
    })
    .prefault({})
    .describe('A timeout per phase; 0 = none'),
  tls: z.strictObject({ ca_file: z.string().optional() }).prefault({}),
});

const exporterName = z.enum(['otlp', 'stdout', 'none']);
const exporters = z
  .union([exporterName, z.array(exporterName)])
  .transform((value) => [...new Set(typeof value === 'string' ? [value] : value)].filter((name) => name !== 'none'));

const captureSize = z.number().int().min(1).max(1_048_576);

const redaction = z.strictObject({
  enabled: flag.default(true),
  redact_private_ips: flag.default(true),
  patterns: z.array(z.strictObject({ name: z.string(), pattern: z.string(), replacement: z.string() })).default([]),
});

const trustedNetwork = z.union([
  cidr.transform((network) => ({ cidr: network, tenant: 'default', may_choose_backend: false })),
  z.strictObject({
    cidr,
    tenant: z.string().default('default'),
    may_choose_backend: flag.default(false),
  }),
]);

const redis = z.strictObject({
  addr: z.string().default('localhost:6379'),
  password: z.string().optional(),
  db: z.number().int().nonnegative().default(0),
  key_prefix: z.string().optional(),
});

const tls = z.strictObject({
  enabled: flag.default(false),
  cert_file: z.string().optional(),
  key_file: z.string().optional(),
  auto_cert: flag.optional(),
});

const days = z.number().int().positive();

export const fileSchema = z.strictObject({
  listen: listenAddress.default('127.0.0.1:8080').describe('The proxy listener'),
  backend: providerUrl.optional().describe('Short form: one backend named `default`'),
  backends: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i), backendSchema).default({}),
  routing: z
    .strictObject({
      methods: z.array(z.enum(['header', 'model', 'path', 'default'])).default(['header', 'model', 'path', 'default']),
      strict_model_matching: flag.default(false),
      blocked_models: names.default([]),
    })
    .prefault({}),
  tls: tls.prefault({}).describe('HTTPS and WSS on the proxy listener; files are re-read when they change'),
  proxy: z
    .strictObject({
      auth: z
        .strictObject({
          enabled: flag.optional(),
          api_key: key.optional().describe('One shared key, `${VAR}` allowed; better: `elida keys create`'),
          trusted_networks: z.array(trustedNetwork).default([]).describe('CIDRs of the direct peer'),
          provider_key_identity: flag
            .optional()
            .describe(
              'Callers may be known by their own provider key; default: true unless `enabled` or `api_key` asks for a key',
            ),
          allow_insecure: flag.default(false).describe('Anonymous callers from anywhere'),
        })
        .prefault({}),
      trusted_proxies: z.array(cidr).default([]).describe('CIDRs whose X-Forwarded-For counts, walked from the right'),
      overhead_header: flag.default(false).describe('x-elida-overhead on every reply'),
      body_bytes_max: z.number().int().positive().default(33_554_432),
    })
    .prefault({}),
  session: z
    .strictObject({
      header: z
        .union([z.string(), names])
        .default(['x-elida-session-id', 'x-session-id', 'x-cylestio-conversation-id', 'x-cylestio-session-id']),
      timeout: duration.default(3_600_000).describe('Idle end'),
      max_duration: duration.default(86_400_000),
      store: z.enum(['memory', 'redis']).optional(),
      redis: redis.optional(),
      failure_mode: z
        .enum(['closed', 'open'])
        .default('closed')
        .describe('What new exchanges meet when the store is gone'),
      generate_if_missing: flag.default(true),
      derive_from: z.looseObject({}).optional(),
      kill_block: z
        .strictObject({
          mode: z.enum(['duration', 'until_hour_change', 'permanent']).default('duration'),
          duration: duration.default(1_800_000),
        })
        .prefault({})
        .describe('How long a kill refuses when the order does not say'),
      hold: z
        .strictObject({
          wait: duration.default(20_000).describe('Held requests wait silently this long'),
          max: duration.default(600_000).describe('A hold that nobody lifts becomes a kill'),
          requests_max: z.number().int().positive().default(256),
        })
        .prefault({}),
    })
    .prefault({}),
  redis: redis.optional().describe('Another place for session.redis'),
  control: z
    .strictObject({
      listen: listenAddress.default('127.0.0.1:9090'),
      enabled: flag.default(true),
      auth: z
        .strictObject({ enabled: flag.optional(), api_key: key.optional(), allow_insecure: flag.default(false) })
        .prefault({}),
      allowed_hosts: names.default([]).describe('Further Host names for callers without a key, beside loopback'),
    })
    .prefault({}),
  metrics: z.strictObject({ listen: listenAddress.default('127.0.0.1:9091') }).prefault({}),
  logging: z
    .strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info'), format: z.string().optional() })
    .prefault({}),
  telemetry: z
    .strictObject({
      enabled: flag.default(false),
      exporter: exporters.default(['otlp']).describe('`otlp`, `stdout`, `none`, or several in a list'),
      file: z.string().default('').describe('Session detail records as JSON lines are appended here as well'),
      protocol: z.enum(['http/protobuf', 'http/json']).default('http/protobuf').describe('How OTLP is spoken'),
      endpoint: z.string().default('http://localhost:4318'),
      service_name: z.string().default('elida'),
      headers: z.record(z.string(), z.string()).default({}),
      insecure: flag.optional(),
      capture_content: z
        .enum(['none', 'flagged_only', 'all', ''])
        .default('flagged_only')
        .transform((which) => which || ('none' as const))
        .describe('Which of the captures that are kept leave, redacted, with a session detail record; empty: none'),
      max_body_size: z.number().int().positive().default(16_384).describe('Characters of a body that leave'),
      retry_for: duration
        .default(86_400_000)
        .describe('A sink that is away is tried for so long; then what it should have got is a dead letter'),
      logs: z
        .strictObject({ enabled: flag.default(true) })
        .prefault({})
        .describe('Records as OTLP logs too'),
      metrics: z
        .strictObject({ enabled: flag.default(true), interval: duration.default(30_000) })
        .prefault({})
        .describe('Over OTLP'),
      traces: z
        .strictObject({
          enabled: flag.default(true).describe('Spans of exchanges over OTLP'),
          sample: z.number().min(0).max(1).default(1).describe('Share of the traces that begin here'),
          propagate: z
            .enum(['pass', 'continue', 'start'])
            .default('pass')
            .describe(
              '`traceparent` to the provider: as it came; with our span as the parent; begun where none came as well',
            ),
        })
        .prefault({}),
    })
    .prefault({}),
  storage: z
    .strictObject({
      enabled: flag.default(true),
      path: z.string().optional().describe('Accepted for the seeds; the data folder is --data-dir'),
      retention_days: days
        .optional()
        .describe('Whole days that session records and captures are kept; unset: for ever'),
      interim_sdr: duration
        .default(900_000)
        .describe('A session that goes on for long has a detail record each time so much of its life is over; 0: none'),
      capture_mode: z
        .enum(CAPTURE_MODES)
        .optional()
        .describe(
          'Of which exchanges request and reply are kept; default `flagged_only`: those in which a rule found something',
        ),
      max_capture_size: captureSize.optional().describe('Bytes of a body that are kept; default 10,000'),
      max_captured_per_session: z
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .optional()
        .describe('Exchanges of a session that are kept; default 100'),
      audit: z
        .enum(['strict', 'besteffort'])
        .default('besteffort')
        .describe('`strict`: no exchange begins whose record could not be kept; `besteffort`: what is lost is counted'),
      spool: z
        .strictObject({
          fsync: z
            .enum(['always', 'interval', 'never'])
            .default('interval')
            .describe(
              'When the records of an edge are forced to its disk: before they are sent, every 200 ms, or when the system likes',
            ),
          bytes_max: z
            .number()
            .int()
            .min(1_048_576)
            .default(1_073_741_824)
            .describe('Bytes under `<data folder>/spool` that may wait for the audit worker'),
        })
        .prefault({}),
      events: z
        .strictObject({
          enabled: flag.default(true),
          retention_days: days
            .optional()
            .describe('Whole days that events are kept; their hashes stay in the log. Unset: for ever'),
        })
        .prefault({}),
      redaction: redaction.prefault({}),
    })
    .prefault({}),
  metering: z
    .strictObject({
      request_usage: z
        .enum(['auto', 'never'])
        .default('auto')
        .describe(
          'Ask OpenAI-family chat backends for the usage of a stream where the client did not; the extra event is taken out again',
        ),
    })
    .prefault({}),
  policy: z
    .looseObject({
      enabled: flag.optional(),
      capture_flagged: flag.optional(),
      max_capture_size: captureSize.optional(),
    })
    .optional()
    .describe('The policy named `default`; its keys are in [policies](policies.md)'),
  policies: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, - and _ (at most 63)'),
      z.looseObject({}),
    )
    .default({})
    .describe('Further policies and layers of tenants, by name'),
  risk_ladder: z.looseObject({}).optional().describe('Another place for policy.risk_ladder'),
  scenarios: z.array(z.looseObject({})).optional(),
  websocket: z.looseObject({ enabled: flag.optional() }).optional(),
  ocsf: z.looseObject({}).optional(),
  fingerprint: z.looseObject({}).optional(),
  failover: z.looseObject({}).optional(),
  shutdown_timeout: duration.default(30_000).describe('Grace for running streams after SIGTERM'),
});

/** The file, parsed, with defaults. */
export type ConfigFile = z.infer<typeof fileSchema>;

/** Keys of a policy that load and do nothing yet. */
export const POLICY_LATER = ['streaming', 'trust', 'instruction_integrity'] as const;

/** Paths that parse but do nothing yet; `*` is any name. One warning names those that are present. */
export const LATER: readonly string[] = [
  ...POLICY_LATER.flatMap((key) => [`policy.${key}`, `policies.*.${key}`]),
  // They are of the whole installation.
  'policies.*.capture_flagged',
  'policies.*.max_capture_size',
  'scenarios',
  'websocket',
  'control.enabled',
  'logging.format',
  'ocsf',
  'fingerprint',
  'failover',
  'backends.*.model',
  'session.derive_from',
  'session.generate_if_missing',
  'session.store',
  'session.redis',
  'redis',
  'storage.path',
  'tls.auto_cert',
];

/** Values of those that say what is so anyway: no warning. */
export const LATER_EXCEPT: Readonly<Record<string, unknown>> = {
  'session.generate_if_missing': true,
  'control.enabled': true,
  'logging.format': 'json',
};
