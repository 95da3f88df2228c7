/**
 * Session detail records as OTLP spans over HTTP (protobuf). One INTERNAL span `session.record` per incarnation, made
 * directly: no tracer, no context, no sampling, nothing on a request's path.
 */
import { createHash } from 'node:crypto';
import { buildSdr, SDR_SCHEMA_URL } from '@elida/record';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SdrExporter, SdrItem } from './sdr-exporter.ts';

export interface OtlpSdrOptions {
  /** As given by people: `http://collector:4318`, with or without /v1/traces; `host:port` without a scheme too. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** For an endpoint without a scheme: plain HTTP. */
  readonly insecure: boolean;
  /** Of one export, retries of the library included. */
  readonly timeoutMs?: number;
}

const GRPC_PORT = '4317';
const HTTP_PORT = '4318';

/** @throws TypeError where it is no URL. The gRPC port becomes the HTTP port beside it: that is what we speak. */
export function otlpTracesUrl(endpoint: string, insecure: boolean): string {
  const url = new URL(endpoint.includes('://') ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`);
  if (url.port === GRPC_PORT) url.port = HTTP_PORT;
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
const hexOf = (name: string, bytes: number): string =>
  createHash('sha256').update(name).digest().subarray(0, bytes).toString('hex');

/** Ids from what the record is about: a record that is sent twice is the same span. */
function spanOf({ record, interim, findings }: SdrItem, resource: Resource): ReadableSpan {
  const detail = buildSdr(record, interim, findings);
  const incarnation = `${record.sid}/${record.incarnation}`;
  const context = {
    traceId: hexOf(incarnation, 16),
    spanId: hexOf(`${incarnation}/${interim ? record.epoch : 'end'}`, 8),
    traceFlags: TraceFlags.SAMPLED,
  };
  return {
    name: detail.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: hrTime(detail.startAt),
    endTime: hrTime(detail.endAt),
    duration: hrTime(detail.endAt - detail.startAt),
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: { ...detail.attributes },
    links: [],
    events: [],
    resource,
    instrumentationScope: { name: 'elida', schemaUrl: SDR_SCHEMA_URL },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function createOtlpSdrExporter(options: OtlpSdrOptions): SdrExporter {
  const exporter = new OTLPTraceExporter({
    url: otlpTracesUrl(options.endpoint, options.insecure),
    headers: { ...options.headers },
    timeoutMillis: options.timeoutMs ?? 5_000,
  });
  const resource = resourceFromAttributes({
    'service.name': options.serviceName,
    'service.version': options.serviceVersion,
  });
  return {
    export: (items) =>
      new Promise((resolve, reject) => {
        const spans = items.map((item) => spanOf(item, resource));
        exporter.export(spans, ({ code, error }) => {
          if (code === 0) resolve();
          else reject(new Error('the OTLP endpoint did not take the records', { cause: error }));
        });
      }),
    close: () => exporter.shutdown(),
  };
}
