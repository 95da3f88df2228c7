/** What a session counts and a rule may look at. Values come from the caller; one that is missing fires no rule. */
export const METRICS = [
  'request_count',
  'bytes_in',
  'bytes_out',
  'bytes_total',
  /** Seconds since the session began. */
  'duration',
  /** Seconds since its last request. */
  'idle_time',
  'tokens_in',
  'tokens_out',
  'tokens_total',
  'tool_call_count',
  /** Distinct tools. */
  'tool_fanout',
  /** Of the request at hand: bytes of all text, messages, and the output that it asks for. */
  'request_text_bytes',
  'request_messages',
  'max_tokens',
  /** Probability of the last minute's requests under the session's own past (anomaly.ts): small is strange. */
  'rate_anomaly',
  /** Of 0 to 1: the same, times how random the newest message looks. */
  'compound_anomaly',
] as const;
export type Metric = (typeof METRICS)[number];

/** What a `rate` rule counts over its window. */
export const RATE_METRICS = ['requests', 'tokens', 'tool_calls', 'bytes'] as const;
export type RateMetric = (typeof RATE_METRICS)[number];

/** From how many requests in a minute, the session's past tells how strange that is. */
export const ANOMALY_METRICS: ReadonlySet<Metric> = new Set(['rate_anomaly', 'compound_anomaly']);
export const ANOMALY_RATE = { metric: 'requests', windowMs: 60_000 } as const satisfies {
  readonly metric: RateMetric;
  readonly windowMs: number;
};

export type RateKey = `${RateMetric}/${number}`;
/** Under which name a rate stands in the metrics of an evaluation. @param windowMs length of the sliding window. */
export const rateKey = (metric: RateMetric, windowMs: number): RateKey => `${metric}/${windowMs}`;

export type Metrics = Readonly<Partial<Record<Metric | RateKey, number>>>;

export const OPERATORS = ['>', '>=', '<', '<=', '==', '!='] as const;
export type Operator = (typeof OPERATORS)[number];

export function compare(value: number, operator: Operator, threshold: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '==':
      return value === threshold;
    case '!=':
      return value !== threshold;
  }
}
