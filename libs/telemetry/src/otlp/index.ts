/** What leaves over OTLP. Apart from the rest: a process that exports nothing does not load it. */
export * from './gen-ai-metrics.ts';
export * from './otlp-client.ts';
export * from './otlp-sdr-sinks.ts';
export { readableSpan } from './otlp-spans.ts';
export { otlpUrl } from './otlp-url.ts';
