/** The policy as people write it: snake_case YAML with the seeds' keys. zod says what is wrong and where. */
import { duration } from '@elida/contracts';
import { z } from 'zod';
import { ACTIONS } from './actions.ts';
import { fromAlias } from './aliases.ts';
import { METRICS, OPERATORS, RATE_METRICS } from './metrics.ts';
import { RULE_ROLES, SEVERITIES } from './risk.ts';

const text = z.string().min(1).max(2_000);
const globs = z.array(z.string().min(1).max(200)).min(1).max(1_000);
const patterns = z.array(text).min(1).max(500);

/** Which entries of the frameworks a rule is about. The two editions of the OWASP list number differently. */
const refs = z.strictObject({
  owasp_llm_2025: z.array(z.string().regex(/^LLM(0[1-9]|10)$/, 'looks like LLM01')).optional(),
  owasp_llm_v1_1: z.array(z.string().regex(/^LLM(0[1-9]|10)$/, 'looks like LLM01')).optional(),
  mitre_atlas: z.array(z.string().regex(/^AML\.T\d{4}(\.\d{3})?$/, 'looks like AML.T0051')).optional(),
});

/** A text, a model's name, a value of a metric, or a tool call: what fits the rule's type. */
const example = z.union([
  z.string(),
  z.number(),
  z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) }),
]);
export type Example = z.output<typeof example>;

const tests = z.strictObject({
  must_match: z.array(example).default([]),
  must_not_match: z.array(example).default([]),
});

const base = {
  name: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,79}$/i, 'letters, digits, _ . - (at most 80)'),
  description: z.string().max(500).default(''),
  severity: z.enum(SEVERITIES).default('warning'),
  action: z.enum(ACTIONS).default('flag'),
  /** Recorded and nothing else: it neither acts nor climbs the ladder. */
  observe: z.boolean().default(false),
  category: z.string().max(64).optional(),
  refs: refs.optional(),
  enabled: z.boolean().default(true),
  tests: tests.optional(),
};
const spoken = {
  target: z.enum(['request', 'response', 'both']).default('both'),
  /** Whose words; all where absent. */
  roles: z.array(z.enum(RULE_ROLES)).min(1).optional(),
};

export const ARGUMENT_OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'starts_with',
  'ends_with',
  'matches',
  'shell_matches',
  'greater_than',
  'less_than',
  'exists',
  'not_exists',
] as const;
const scalar = z.union([z.string().min(1).max(2_000), z.number(), z.boolean()]);
const condition = z.strictObject({
  /** Where in the arguments; of several places one is enough. */
  path: z
    .union([z.string(), z.array(z.string()).min(1).max(50)])
    .default('$')
    .describe('$ (all of them), $.command, $.files[0].path, $..url'),
  operator: z.enum(ARGUMENT_OPERATORS),
  /** Of several values one is enough. */
  value: z.union([scalar, z.array(scalar).min(1)]).optional(),
});
export type ArgumentCondition = z.output<typeof condition>;

export const ruleSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...base,
    ...spoken,
    type: z.literal('content_match'),
    patterns,
    case_sensitive: z.boolean().default(false),
  }),
  z.strictObject({
    ...base,
    ...spoken,
    type: z.literal('unicode'),
    characters: z.array(z.enum(['tag', 'bidi', 'zero_width'])).min(1),
    threshold: z.number().int().positive().default(1).describe('Characters in one message'),
  }),
  z.strictObject({
    ...base,
    ...spoken,
    type: z.literal('entropy'),
    threshold: z.number().positive().describe('Bits per byte'),
    bytes_min: z.number().int().positive().default(50),
  }),
  z.strictObject({
    ...base,
    type: z.literal('metric'),
    metric: z.enum(METRICS),
    operator: z.enum(OPERATORS).default('>'),
    threshold: z.number(),
    min_samples: z.number().int().nonnegative().default(0).describe('Requests before it counts'),
    target: z.string().optional().describe('Of the predecessor; means nothing'),
  }),
  z.strictObject({
    ...base,
    type: z.literal('rate'),
    metric: z.enum(RATE_METRICS).default('requests'),
    window: duration.default(60_000),
    operator: z.enum(['>', '>=']).default('>'),
    threshold: z.number().nonnegative(),
    target: z.string().optional().describe('Of the predecessor; means nothing'),
  }),
  z.strictObject({
    ...base,
    type: z.literal('tool'),
    tools: globs.default(['*']),
    except: globs.optional(),
    /** All of them must hold. */
    arguments: z.array(condition).max(50).default([]),
  }),
  z.strictObject({
    ...base,
    type: z.literal('model'),
    allow: globs.optional(),
    block: globs.optional(),
  }),
]);
export type RuleDocument = z.input<typeof ruleSchema>;
export type ContentDocument = Extract<RuleDocument, { type: 'content_match' }>;
export type Rule = z.output<typeof ruleSchema>;

const ladderAction = z.enum(['observe', 'warn', 'throttle', 'hold', 'block', 'kill', 'terminate']);
const threshold = z.strictObject({
  score: z.number().positive().max(100),
  action: ladderAction,
  rate: z.number().positive().optional().describe('Requests per minute, of throttle'),
  throttle_rate: z.number().positive().optional().describe('The same'),
});

const breaker = z.strictObject({
  enabled: z.boolean().default(true),
  tokens_per_minute: z.number().positive().optional(),
  max_tokens_per_session: z.number().positive().optional(),
  max_tool_calls: z.number().positive().optional(),
  max_tool_fanout: z.number().positive().optional(),
});

/** Of what was authenticated only; what a caller says of itself chooses nothing. Every list that is there must fit. */
const match = z.strictObject({
  tenants: globs.optional(),
  principals: globs.optional(),
  keys: globs.optional().describe('Ids of API keys'),
});

export const policySchema = z.strictObject({
  enabled: z.boolean().optional(),
  /** `tenant`: no policy, but what lies between the preset and every policy for the tenants that `match` names. */
  layer: z.enum(['policy', 'tenant']).default('policy'),
  /** Of several policies that fit, the highest; then the first by name. */
  priority: z.number().int().min(-1_000_000).max(1_000_000).default(0),
  match: match.optional(),
  mode: z.preprocess((mode) => (mode === '' ? 'enforce' : mode), z.enum(['enforce', 'audit', 'off']).optional()),
  preset: z.string().optional(),
  rules: z.array(z.preprocess(fromAlias, ruleSchema)).max(2_000).default([]),
  suppress: z.array(z.string()).default([]),
  suppress_rules: z.array(z.string()).default([]),
  risk_ladder: z
    .strictObject({
      enabled: z.boolean().default(true),
      half_life: duration.optional().describe('0 = nothing decays'),
      thresholds: z.array(threshold).min(1).optional(),
    })
    .optional(),
  circuit_breaker: breaker.optional(),
  // Read by other parts.
  capture_flagged: z.boolean().optional(),
  max_capture_size: z.number().optional(),
  streaming: z.looseObject({}).optional(),
  trust: z.looseObject({}).optional(),
  instruction_integrity: z.looseObject({}).optional(),
});
export type PolicyDocument = z.input<typeof policySchema>;
export type Policy = z.output<typeof policySchema>;
