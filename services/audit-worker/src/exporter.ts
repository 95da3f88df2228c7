/** The exporter that the configuration names. What leaves is redacted, whatever lies in the outbox. */
import { redactRecord } from '@elida/record';
import { createRedactor } from '@elida/redaction';
import { createJsonLinesSdrExporter, createOtlpSdrExporter } from '@elida/telemetry';
import type { AuditConfig } from './config.ts';
import type { SdrExporter } from './ports.ts';

type WriteLine = (line: string) => Promise<void>;

/** @param writeLine where `stdout` goes. */
export function openSdrExporter(config: AuditConfig, writeLine: WriteLine): SdrExporter {
  const { enabled, patterns, redact_private_ips } = config.telemetry.redaction;
  const sink = openSink(config, writeLine);
  if (!enabled) return sink;
  const redactor = createRedactor({ patterns, redactPrivateIps: redact_private_ips });
  return {
    export: (items) =>
      sink.export(items.map((item) => ({ ...item, record: redactRecord(item.record, redactor.redactObject) }))),
    close: () => sink.close(),
  };
}

function openSink({ telemetry, version }: AuditConfig, writeLine: WriteLine): SdrExporter {
  switch (telemetry.exporter) {
    case 'otlp': {
      const { endpoint, headers, serviceName, insecure } = telemetry;
      return createOtlpSdrExporter({ endpoint, headers, serviceName, insecure, serviceVersion: version });
    }
    case 'stdout':
      return createJsonLinesSdrExporter(writeLine);
    case 'none':
      // Taken and dropped: an exporter that is configured later starts with what happens then, not with a flood.
      return { export: () => Promise.resolve(), close: () => Promise.resolve() };
  }
}
