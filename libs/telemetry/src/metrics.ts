/**
 * Metrics over prom-client, for the hot path: a series is looked up by one string, not by sorting and hashing its
 * labels each time. Each process makes one `Metrics`; its owner declares the names beside the code that counts.
 */
import { collectDefaultMetrics, type Metric, Gauge as PromGauge, Registry } from 'prom-client';
import { HistogramChild, NumberChild, type Printed, printed, Series } from './series.ts';

/** Nothing that a caller of the proxy can choose may become a label: series are memory. */
export type Label = 'backend' | 'dialect' | 'code' | 'outcome' | 'tenant' | 'kind';
export type MetricName = `elida_${string}`;
export type Labels<L extends Label> = Readonly<Record<L, string>>;

export interface Counter<L extends Label> {
  add(labels: Labels<L>, count?: number): void;
}
export interface Gauge<L extends Label> {
  set(labels: Labels<L>, value: number): void;
  add(labels: Labels<L>, difference: number): void;
}
export interface Histogram<L extends Label> {
  observe(labels: Labels<L>, value: number): void;
}

export interface Metrics {
  counter<L extends Label = never>(name: MetricName, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends Label = never>(name: MetricName, help: string, labels?: readonly L[]): Gauge<L>;
  /** @param buckets upper bounds, ascending, in the unit of the name. */
  histogram<L extends Label = never>(
    name: MetricName,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
  /** A gauge that is read when somebody scrapes. One that throws then is left out of that scrape. */
  sampled(name: MetricName, help: string, read: () => number | Promise<number>): void;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Own time and store calls: 50 µs … 2.5 s. */
export const FAST_SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];
/** Providers and queues: 10 ms … 82 s, the OpenTelemetry gen_ai advice. */
export const SLOW_SECONDS: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/** @param processMetrics CPU, memory, event loop, file descriptors and garbage collection of this process too. */
export function createMetrics(options: { readonly processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const register = (metric: Printed): void => registry.registerMetric(metric as unknown as Metric);
  const numbers = <L extends Label>(
    name: MetricName,
    help: string,
    type: 'counter' | 'gauge',
    labels: readonly L[],
  ) => {
    const series = new Series(labels, (values) => new NumberChild(values));
    register(printed(name, help, type, () => [...series.all()]));
    return series;
  };
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter(name, help, labels = []) {
      const series = numbers(name, help, 'counter', labels);
      return {
        add: (values, count = 1) => {
          series.at(values).value += count;
        },
      };
    },
    gauge(name, help, labels = []) {
      const series = numbers(name, help, 'gauge', labels);
      return {
        set: (values, value) => {
          series.at(values).value = value;
        },
        add: (values, difference) => {
          series.at(values).value += difference;
        },
      };
    },
    histogram(name, help, buckets, labels = []) {
      const series = new Series(labels, (values) => new HistogramChild(values, buckets));
      register(printed(name, help, 'histogram', () => [...series.all()].flatMap((child) => child.values(name))));
      return { observe: (values, value) => series.at(values).observe(value) };
    },
    sampled(name, help, read) {
      const gauge = new PromGauge({
        ...{ name, help, registers: [registry] },
        async collect() {
          try {
            gauge.set(await read());
          } catch {
            gauge.remove(); // what cannot be read now (a queue that is gone) must not spoil the scrape
          }
        },
      });
    },
  };
}
