/** Spans as OTLP takes them. Made directly: no tracer, no context, nothing on a request's path. */
import { SDR_SCHEMA_URL, type SpanData } from '@elida/record';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export const SCOPE = { name: 'elida', schemaUrl: SDR_SCHEMA_URL };

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/** @param ms Unix ms, to the microsecond. */
export function hrTime(ms: number): HrTime {
  const us = Math.round(ms * 1_000);
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1_000];
}

export function readableSpan(span: SpanData, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, parentIsRemote, startAt, endAt } = span;
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(parentSpanId === ''
      ? {}
      : { parentSpanContext: { ...context, spanId: parentSpanId, isRemote: parentIsRemote } }),
    startTime: hrTime(startAt),
    endTime: hrTime(endAt),
    duration: hrTime(endAt - startAt),
    ended: true,
    status: span.error === '' ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: { ...span.attributes },
    links: [],
    events: span.events.map(({ name, at, attributes }) => ({ name, time: hrTime(at), attributes: { ...attributes } })),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: span.droppedEvents,
    droppedLinksCount: 0,
  };
}
