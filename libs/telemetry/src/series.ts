/**
 * Metrics as plain numbers, printed by prom-client. Its own counters and histograms hash and sort labels on each call; on a
 * hot path that was 3 % of a request.
 */
export type MetricType = 'counter' | 'gauge' | 'histogram';

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** What a registry of prom-client prints. */
export interface Printed {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  get(): Promise<{ name: string; help: string; type: MetricType; values: Value[]; aggregator: 'sum' }>;
}

interface Child {
  readonly labels: Readonly<Record<string, string>>;
}

/** Series of one metric; what comes later is counted under `other`. */
const SERIES_MAX = 2_000;
/** Joins label values to a key: no label of ours contains it. */
const END = '\u0000';

/** The children of one metric by their label values. */
export class Series<L extends string, C extends Child> {
  readonly #labels: readonly L[];
  readonly #make: (labels: Record<string, string>) => C;
  readonly #children = new Map<string, C>();
  readonly #alone: C | null;

  constructor(labels: readonly L[], make: (labels: Record<string, string>) => C) {
    this.#labels = labels;
    this.#make = make;
    this.#alone = labels.length === 0 ? this.#add('', {} as Record<L, string>) : null;
  }

  at(labels: Readonly<Record<L, string>>): C {
    if (this.#alone !== null) return this.#alone;
    let key = labels[this.#labels[0] as L];
    for (let index = 1; index < this.#labels.length; index++) key += END + labels[this.#labels[index] as L];
    return this.#children.get(key) ?? this.#add(key, labels);
  }

  all(): Iterable<C> {
    return this.#children.values();
  }

  #add(key: string, labels: Readonly<Record<L, string>>): C {
    const full = this.#children.size >= SERIES_MAX;
    const other = this.#labels.map(() => 'other').join(END);
    const known = full ? this.#children.get(other) : undefined;
    if (known) return known;
    const child = this.#make(Object.fromEntries(this.#labels.map((label) => [label, full ? 'other' : labels[label]])));
    this.#children.set(full ? other : key, child);
    return child;
  }
}

export class NumberChild implements Child {
  readonly labels: Readonly<Record<string, string>>;
  value = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }
}

export class HistogramChild implements Child {
  readonly labels: Readonly<Record<string, string>>;
  readonly #bounds: readonly number[];
  /** By bucket, not cumulated; the last is beyond all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
  }

  values(name: string): Value[] {
    let count = 0;
    const buckets = [...this.#counts].map((added, index) => {
      count += added;
      const le = this.#bounds[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...this.labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: this.labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.labels, value: count },
    ];
  }
}

export function printed(name: string, help: string, type: MetricType, values: () => Value[]): Printed {
  return { name, help, type, get: async () => ({ name, help, type, values: values(), aggregator: 'sum' }) };
}
