/**
 * Metrics of the GenAI conventions and of ELIDA, from audit events, pushed over OTLP once an interval. Cumulative, of this
 * process (`service.instance.id`). What cannot be pushed is in the next push: no counter is lost with a collector.
 */
import type { AuditEvent } from '@elida/contracts';
import { errorOf, operationOf, providerName, readExchange, SDR_SCHEMA_URL, whereSet } from '@elida/record';
import type { Attributes } from '@opentelemetry/api';
import { AggregationType, InstrumentType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { OtlpClient } from './otlp-client.ts';

export interface EventMeter {
  see(event: AuditEvent): void;
  /** Once, now. Rejects where the endpoint is away. */
  push(): Promise<void>;
  close(): Promise<void>;
}

/** Of the conventions. */
const DURATION_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
/** A model is the caller's own word: series beyond are one, with `otel.metric.overflow`. */
const SERIES_MAX = 1_000;

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

const histogram = (instrumentName: string, boundaries: number[]) => ({
  instrumentName,
  instrumentType: InstrumentType.HISTOGRAM,
  aggregation: {
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    options: { boundaries, recordMinMax: true },
  } as const,
  aggregationCardinalityLimit: SERIES_MAX,
});

export function createEventMeter(client: OtlpClient): EventMeter {
  const reader = new Reader({ cardinalitySelector: () => SERIES_MAX });
  const provider = new MeterProvider({
    resource: client.resource,
    readers: [reader],
    views: [
      histogram('gen_ai.client.operation.duration', DURATION_SECONDS),
      histogram('gen_ai.client.token.usage', TOKENS),
    ],
  });
  const meter = provider.getMeter('elida', '', { schemaUrl: SDR_SCHEMA_URL });
  const duration = meter.createHistogram('gen_ai.client.operation.duration', { unit: 's' });
  const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}' });
  const exchanges = meter.createCounter('elida.exchanges', { unit: '{exchange}' });
  const bytes = meter.createCounter('elida.bytes', { unit: 'By' });
  const violations = meter.createCounter('elida.violations', { unit: '{violation}' });
  const sessions = meter.createCounter('elida.sessions.ended', { unit: '{session}' });
  const kills = meter.createCounter('elida.kills', { unit: '{session}' });

  function exchanged(event: AuditEvent): void {
    const told = readExchange(event);
    if (told === null) return;
    const { backend = '', outcome = '', bytes_in = 0, bytes_out = 0, duration_ms = 0, sent_ms = 0 } = told;
    exchanges.add(1, {
      ...whereSet({ 'elida.backend': backend, 'elida.code': told.code ?? '' }),
      'elida.outcome': outcome,
    });
    bytes.add(bytes_in, { 'elida.backend': backend, 'elida.direction': 'in' });
    bytes.add(bytes_out, { 'elida.backend': backend, 'elida.direction': 'out' });
    // A client's operation is what the provider was asked; what the edge refused is none.
    if (sent_ms > 0) duration.record((duration_ms - sent_ms) / 1_000, { ...genAi(told), ...errorType(told) });
  }
  function used({ data }: AuditEvent): void {
    for (const type of ['input', 'output'] as const) {
      const count = data[`${type}_tokens`];
      if (typeof count === 'number' && count > 0) tokens.record(count, { ...genAi(data), 'gen_ai.token.type': type });
    }
  }

  return {
    see(event) {
      switch (event.type) {
        case 'exchange':
          return exchanged(event);
        case 'tokens_used':
          return used(event);
        case 'violation_detected':
          return violations.add(1, { 'elida.severity': event.severity, 'elida.action': text(event.data.action) });
        case 'session_ended':
          return sessions.add(1, { 'elida.session.state': text(event.data.state) });
        case 'kill_applied':
          return kills.add(1, {});
        default:
          return;
      }
    },
    async push() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new Error('metrics could not be collected', { cause: errors[0] });
      if (resourceMetrics.scopeMetrics.length === 0) return;
      const pushed = await client.metrics(resourceMetrics);
      if (!pushed.taken) throw new Error(pushed.reason);
    },
    close: () => provider.shutdown(),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const genAi = (data: Readonly<Record<string, unknown>> | object): Attributes => {
  const { dialect, path, backend, model } = data as Readonly<Record<string, unknown>>;
  return whereSet({
    'gen_ai.operation.name': operationOf({ dialect: text(dialect), path: text(path) }),
    'gen_ai.provider.name': providerName(text(backend)),
    'gen_ai.request.model': text(model),
  });
};

const errorType = (told: Parameters<typeof errorOf>[0]): Attributes => whereSet({ 'error.type': errorOf(told) });
