/**
 * OTLP over HTTP, as opentelemetry.io/docs/specs/otlp says: which answers mean `again`, which mean `never`. One request
 * an attempt: whoever sends decides when the next one is.
 */
import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Delivered } from '../sink.ts';
import { otlpUrl, type Signal } from './otlp-url.ts';

export interface OtlpOptions {
  /** As given by people, see otlpUrl. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: 'http/protobuf' | 'http/json';
  /** For an endpoint without a scheme: plain HTTP. */
  readonly insecure: boolean;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Of this process: `service.instance.id`. */
  readonly instance: string;
  /** Of one request. */
  readonly timeoutMs?: number;
}

export interface OtlpClient {
  readonly resource: Resource;
  spans(spans: ReadableSpan[]): Promise<Delivered>;
  logs(logs: ReadableLogRecord[]): Promise<Delivered>;
  metrics(metrics: ResourceMetrics): Promise<Delivered>;
}

interface PartialSuccess {
  readonly rejectedSpans?: number;
  readonly rejectedLogRecords?: number;
  readonly rejectedDataPoints?: number;
  readonly errorMessage?: string;
}
type Answer = { readonly partialSuccess?: PartialSuccess };

const REASON_CHARS_MAX = 300;

/** Each of the calls rejects where the endpoint is away, or busy. */
export function createOtlpClient(options: OtlpOptions): OtlpClient {
  const isJson = options.protocol === 'http/json';
  const post = async <T>(signal: Signal, serializer: ISerializer<T, Answer>, items: T): Promise<Delivered> => {
    const bytes = serializer.serializeRequest(items) ?? new Uint8Array();
    const response = await fetch(otlpUrl(options.endpoint, options.insecure, signal), {
      method: 'POST',
      headers: { ...options.headers, 'content-type': isJson ? 'application/json' : 'application/x-protobuf' },
      body: Buffer.from(bytes),
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    if (response.ok) return rejectedOf(serializer, answer);
    const reason = `HTTP ${response.status} ${Buffer.from(answer).toString('utf8').slice(0, REASON_CHARS_MAX)}`.trim();
    if (isLater(response.status)) throw new Error(reason);
    return { taken: false, reason };
  };
  return {
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.serviceVersion,
      'service.instance.id': options.instance,
    }),
    spans: (spans) => post('traces', isJson ? JsonTraceSerializer : ProtobufTraceSerializer, spans),
    logs: (logs) => post('logs', isJson ? JsonLogsSerializer : ProtobufLogsSerializer, logs),
    metrics: (metrics) => post('metrics', isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer, metrics),
  };
}

/** The specification's four, and those that a proxy before the collector answers while it is away. */
const isLater = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** A 200 that took not all says so in its body; what it says must not be sent again. */
function rejectedOf<T>(serializer: ISerializer<T, Answer>, answer: Uint8Array): Delivered {
  if (answer.length === 0) return { taken: true };
  const { partialSuccess } = readAnswer(serializer, answer);
  const { rejectedSpans = 0, rejectedLogRecords = 0, rejectedDataPoints = 0, errorMessage } = partialSuccess ?? {};
  const rejected = Number(rejectedSpans) + Number(rejectedLogRecords) + Number(rejectedDataPoints);
  return rejected > 0 ? { taken: false, reason: `rejected ${rejected}: ${errorMessage ?? ''}` } : { taken: true };
}

function readAnswer<T>(serializer: ISerializer<T, Answer>, answer: Uint8Array): Answer {
  try {
    return serializer.deserializeResponse(answer);
  } catch {
    return {}; // it was a 200: what cannot be read names nothing that was rejected
  }
}
