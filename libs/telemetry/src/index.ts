/** What leaves a process for those who watch it: Prometheus metrics, records. The one place for prom-client and OpenTelemetry. */
export * from './json-lines-sink.ts';
export * from './metrics.ts';
export * from './metrics-listener.ts';
export * from './sink.ts';
