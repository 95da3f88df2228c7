/** What leaves a process for those who watch it: Prometheus metrics, OTLP spans. The one place for prom-client and OpenTelemetry. */
export * from './metrics.ts';
export * from './metrics-listener.ts';
export * from './otlp-sdr.ts';
export * from './sdr-exporter.ts';
export * from './stdout-sdr.ts';
