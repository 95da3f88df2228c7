/** Session detail records over OTLP: as the span `session.record`, and as a log record of the same name and ids. */
import { buildSdr, sdrSpan } from '@elida/record';
import { SeverityNumber, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { SdrItem, SdrSink } from '../sink.ts';
import type { OtlpClient } from './otlp-client.ts';
import { hrTime, readableSpan, SCOPE } from './otlp-spans.ts';

export const createOtlpSpanSink = (client: OtlpClient): SdrSink => ({
  name: 'otlp-traces',
  deliver: ({ record, interim, findings }) =>
    client.spans([readableSpan(sdrSpan(record, interim, findings), client.resource)]),
});

export const createOtlpLogSink = (client: OtlpClient): SdrSink => ({
  name: 'otlp-logs',
  deliver: (item) => client.logs([logRecord(item, client.resource)]),
});

/** Without the span's events: a log record has none. */
function logRecord({ record, interim, findings }: SdrItem, resource: Resource): ReadableLogRecord {
  const { traceId, spanId } = sdrSpan(record, interim, findings);
  const { attributes, endAt } = buildSdr(record, interim, findings);
  const [severityNumber, severityText] = severityOf(findings.maxSeverity);
  return {
    hrTime: hrTime(endAt),
    hrTimeObserved: hrTime(endAt),
    spanContext: { traceId, spanId, traceFlags: TraceFlags.SAMPLED },
    severityNumber,
    severityText,
    eventName: 'session.record',
    body: `session ${record.sid} ${interim ? 'goes on' : record.state}`,
    resource,
    instrumentationScope: SCOPE,
    attributes: { ...attributes },
    droppedAttributesCount: 0,
  };
}

function severityOf(severity: string): readonly [SeverityNumber, string] {
  if (severity === 'critical') return [SeverityNumber.ERROR, 'ERROR'];
  return severity === 'warning' ? [SeverityNumber.WARN, 'WARN'] : [SeverityNumber.INFO, 'INFO'];
}
