/** One rule as written → one rule as executed. */
import type { CompiledPolicy, CompiledRule, Pattern, RuleRefs } from './compiled.ts';
import { parsePath } from './json-path.ts';
import { ANOMALY_METRICS, ANOMALY_RATE, rateKey } from './metrics.ts';
import type { ArgumentCondition, Rule } from './model.ts';

/** Puts a pattern into the policy's table, once. @returns its index. */
export type PatternTable = (pattern: Pattern) => number;

const CATEGORY: Readonly<Record<Rule['type'], string>> = {
  content_match: 'policy_violation',
  unicode: 'obfuscation',
  entropy: 'obfuscation',
  metric: 'resource_abuse',
  rate: 'resource_abuse',
  tool: 'excessive_agency',
  model: 'supply_chain',
};

const refsOf = (refs: Rule['refs']): RuleRefs => ({
  owaspLlm2025: refs?.owasp_llm_2025 ?? [],
  owaspLlmV11: refs?.owasp_llm_v1_1 ?? [],
  mitreAtlas: refs?.mitre_atlas ?? [],
});

function conditionOf({ path, operator, value }: ArgumentCondition, table: PatternTable) {
  const values = value === undefined ? [] : [value].flat();
  const isPattern = operator === 'matches' || operator === 'shell_matches';
  return {
    paths: [path].flat().flatMap((one) => {
      const steps = parsePath(one);
      return steps ? [steps] : [];
    }),
    operator,
    values: isPattern ? [] : values,
    patterns: isPattern ? values.map((one) => table({ source: String(one), caseSensitive: false })) : [],
  };
}

export function compileRule(rule: Rule, table: PatternTable): CompiledRule {
  const base = {
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    action: rule.observe ? ('flag' as const) : rule.action,
    observe: rule.observe,
    category: rule.category ?? CATEGORY[rule.type],
    refs: refsOf(rule.refs),
  };
  switch (rule.type) {
    case 'content_match': {
      const { type, target, roles = [], case_sensitive: caseSensitive } = rule;
      return {
        ...base,
        type,
        target,
        roles,
        patterns: rule.patterns.map((source) => table({ source, caseSensitive })),
      };
    }
    case 'unicode': {
      const { type, target, roles = [], characters, threshold } = rule;
      return { ...base, type, target, roles, characters, threshold };
    }
    case 'entropy': {
      const { type, target, roles = [], threshold, bytes_min: bytesMin } = rule;
      return { ...base, type, target, roles, threshold, bytesMin };
    }
    case 'metric': {
      const { type, metric, operator, threshold, min_samples: minSamples } = rule;
      return { ...base, type, metric, operator, threshold, minSamples };
    }
    case 'rate': {
      const { type, metric, window: windowMs, operator, threshold } = rule;
      return { ...base, type, metric, windowMs, operator, threshold };
    }
    case 'tool': {
      const { type, tools, except = [] } = rule;
      return { ...base, type, tools, except, arguments: rule.arguments.map((one) => conditionOf(one, table)) };
    }
    case 'model': {
      const { type, allow = [], block = [] } = rule;
      return { ...base, type, allow, block };
    }
  }
}

/** What the store must count for them, each window once. */
export function ratesOf(rules: readonly CompiledRule[]): CompiledPolicy['rates'] {
  const rates = rules.flatMap((rule): CompiledPolicy['rates'] => {
    if (rule.type === 'rate') return [{ metric: rule.metric, windowMs: rule.windowMs }];
    return rule.type === 'metric' && ANOMALY_METRICS.has(rule.metric) ? [ANOMALY_RATE] : [];
  });
  return [...new Map(rates.map((rate) => [rateKey(rate.metric, rate.windowMs), rate])).values()];
}
