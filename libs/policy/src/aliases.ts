/** The predecessor's 19 rule types, read as ours; `content_match` is the same in both. */
import { METRICS } from './metrics.ts';

type Fields = Readonly<Record<string, unknown>>;

const without = (rule: Fields, ...keys: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(rule).filter(([key]) => !keys.includes(key)));

/** There a threshold was an integer, and `threshold_float` the other one. */
const threshold = (rule: Fields): unknown => rule.threshold_float ?? rule.threshold;

/** An old metric rule fired above its threshold. */
const metric =
  (name: string, operator: string) =>
  (rule: Fields): Fields => ({
    operator,
    ...without(rule, 'threshold_float'),
    type: 'metric',
    metric: name,
    threshold: threshold(rule),
  });

const rate =
  (name: string) =>
  (rule: Fields): Fields => ({ ...rule, type: 'rate', metric: name, window: '1m' });

const FROM_OLD: Readonly<Record<string, (rule: Fields) => Fields>> = {
  ...Object.fromEntries(
    METRICS.filter((name) => !/^(request_(text|mess)|max_|rate_|compound_)/.test(name)).map((name) => [
      name,
      metric(name, '>'),
    ]),
  ),
  requests_per_minute: rate('requests'),
  tokens_per_minute: rate('tokens'),
  rate_anomaly: metric('rate_anomaly', '<'),
  compound_anomaly: metric('compound_anomaly', '>'),
  content_entropy: (rule) => ({
    ...without(rule, 'threshold_float', 'min_samples', 'patterns'),
    type: 'entropy',
    threshold: threshold(rule),
    ...(rule.min_samples === undefined ? {} : { bytes_min: rule.min_samples }),
  }),
  tool_blocked: (rule) => ({ ...without(rule, 'patterns', 'target'), type: 'tool', tools: rule.patterns }),
  tool_argument_pattern: (rule) => ({
    ...without(rule, 'patterns', 'target'),
    type: 'tool',
    arguments: [{ path: '$', operator: 'matches', value: rule.patterns }],
  }),
};

export const OLD_TYPES: readonly string[] = ['content_match', ...Object.keys(FROM_OLD)];

/** @returns the rule in our form; anything that is not of an old type as it was. */
export function fromAlias(rule: unknown): unknown {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return rule;
  const fields: Fields = { ...rule };
  const convert = typeof fields.type === 'string' ? FROM_OLD[fields.type] : undefined;
  return convert ? convert(fields) : fields;
}
