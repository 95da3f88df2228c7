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
  /** Probability of the request rate under the session's own past (Poisson): small is strange. */
  'rate_anomaly',
  'compound_anomaly',
] as const;
export type Metric = (typeof METRICS)[number];

/** Words of the predecessor that load; no edge of this version measures them. */
export const NOT_MEASURED: readonly Metric[] = ['rate_anomaly', 'compound_anomaly'];

/** What a `rate` rule counts over its window. */
export const RATE_METRICS = ['requests', 'tokens', 'tool_calls', 'bytes'] as const;
export type RateMetric = (typeof RATE_METRICS)[number];

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
