/** The exporter that the configuration names. */
import { createJsonLinesSdrExporter, createOtlpSdrExporter } from '@elida/telemetry';
import type { AuditConfig } from './config.ts';
import type { SdrExporter } from './ports.ts';

/** @param writeLine where `stdout` goes. */
export function openSdrExporter(
  { telemetry, version }: AuditConfig,
  writeLine: (line: string) => Promise<void>,
): SdrExporter {
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
