/** The sinks that the configuration names. What leaves is redacted, whatever lies in the outbox. */
import { hostname } from 'node:os';
import { redactRecord } from '@elida/record';
import { createRedactor } from '@elida/redaction';
import { createFileSink, createJsonLinesSink, type SdrSink } from '@elida/telemetry';
import type { OtlpClient } from '@elida/telemetry/otlp';
import type { AuditConfig } from '../config.ts';

/** Null where nothing goes there. Loaded only where it is spoken. */
export async function openOtlp({ telemetry, version }: AuditConfig): Promise<OtlpClient | null> {
  if (!telemetry.exporters.includes('otlp')) return null;
  const { createOtlpClient } = await import('@elida/telemetry/otlp');
  return createOtlpClient({ ...telemetry, serviceVersion: version, instance: `${hostname()}/${process.pid}` });
}

/** @param writeLine where `stdout` goes. */
export async function openSinks(
  { telemetry }: AuditConfig,
  otlp: OtlpClient | null,
  writeLine: (line: string) => Promise<void>,
): Promise<SdrSink[]> {
  const sinks: SdrSink[] = [];
  if (otlp !== null) {
    const { createOtlpLogSink, createOtlpSpanSink } = await import('@elida/telemetry/otlp');
    sinks.push(createOtlpSpanSink(otlp));
    if (telemetry.logs) sinks.push(createOtlpLogSink(otlp));
  }
  if (telemetry.exporters.includes('stdout')) sinks.push(createJsonLinesSink('stdout', writeLine));
  if (telemetry.file !== '') sinks.push(createFileSink(telemetry.file));
  const { enabled, patterns, redact_private_ips } = telemetry.redaction;
  if (!enabled) return sinks;
  const redactor = createRedactor({ patterns, redactPrivateIps: redact_private_ips });
  return sinks.map((sink) => ({
    name: sink.name,
    deliver: (item) => sink.deliver({ ...item, record: redactRecord(item.record, redactor.redactObject) }),
  }));
}
