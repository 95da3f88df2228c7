/** OTLP JSON (camelCase protobuf JSON; ids in hex, 64-bit numbers as text) of spans and logs. */
import type { Received, Value, Values } from './otlp-receiver.ts';

interface Any {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly Any[] };
}
type Pairs = readonly { readonly key: string; readonly value: Any }[];
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: Pairs;
  readonly events?: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes?: Pairs }[];
  readonly droppedEventsCount?: number;
  readonly status?: { readonly code?: number };
}
interface Log {
  readonly traceId: string;
  readonly spanId: string;
  readonly timeUnixNano: string;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: Any;
  readonly attributes?: Pairs;
}
interface Scope {
  readonly schemaUrl?: string;
  readonly spans?: readonly Span[];
  readonly logRecords?: readonly Log[];
}
interface Request {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes?: Pairs };
    readonly scopeSpans: readonly Scope[];
  }[];
  readonly resourceLogs?: readonly { readonly scopeLogs: readonly Scope[] }[];
}

function readValue(any: Any): Value {
  if (any.arrayValue) return (any.arrayValue.values ?? []).map(readValue);
  if (any.intValue !== undefined) return Number(any.intValue);
  return any.stringValue ?? any.boolValue ?? any.doubleValue ?? null;
}
const valuesOf = (pairs: Pairs = []): Values =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, readValue(value)]));
/** To the microsecond: a double holds no nanoseconds of our days. */
const ms = (nanos: string): number => Number(BigInt(nanos) / 1_000n) / 1_000;

export function readJson(_path: string, body: Buffer): Received {
  const { resourceSpans = [], resourceLogs = [] } = JSON.parse(body.toString('utf8')) as Request;
  const spans = resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ schemaUrl = '', spans: items = [] }) =>
      items.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        startAt: ms(span.startTimeUnixNano),
        endAt: ms(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        events: (span.events ?? []).map((event) => ({
          name: event.name,
          at: ms(event.timeUnixNano),
          attributes: valuesOf(event.attributes),
        })),
        droppedEvents: span.droppedEventsCount ?? 0,
        status: span.status?.code ?? 0,
        schemaUrl,
        resource: valuesOf(resource.attributes),
      })),
    ),
  );
  const logs = resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ schemaUrl = '', logRecords = [] }) =>
      logRecords.map((log) => ({
        traceId: log.traceId,
        spanId: log.spanId,
        at: ms(log.timeUnixNano),
        severity: log.severityText,
        eventName: log.eventName,
        body: readValue(log.body),
        attributes: valuesOf(log.attributes),
        schemaUrl,
      })),
    ),
  );
  return { spans, logs, metrics: [] };
}
