/**
 * Policy as written (+ preset + tenant layer) → resolved rules as plain data. Every mistake is reported with its path in the
 * document; one mistake rejects the policy. Line and column are the caller's, who has the text.
 */
import type { z } from 'zod';
import { fromAlias } from './aliases.ts';
import { checkLayer, checkPatternCount, checkRule } from './check.ts';
import { compileRule, type PatternTable, ratesOf } from './compile-rule.ts';
import type { CompiledPolicy, Pattern, PatternEngine } from './compiled.ts';
import { createEvaluator } from './evaluate.ts';
import { failedExamples } from './examples.ts';
import { DEFAULT_LADDER, DEFAULT_THROTTLE_RATE, type Ladder } from './ladder.ts';
import { type Layer, type Layered, type LayerName, resolveLayers } from './layer.ts';
import { type Policy, policySchema, type Rule, type RuleDocument, ruleSchema } from './model.ts';
import { PRESETS } from './presets/index.ts';
import { warningsOf } from './warnings.ts';

export interface Problem {
  /** In which document. */
  readonly layer: LayerName;
  /** Keys and indices from the document's root: `['rules', 3, 'patterns', 0]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Which exchanges a policy is for: authenticated attributes only. An empty list: all. */
export interface Selection {
  readonly layer: 'policy' | 'tenant';
  readonly priority: number;
  readonly match: {
    readonly tenants: readonly string[];
    readonly principals: readonly string[];
    readonly keys: readonly string[];
  };
}

export type Compilation =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      readonly selection: Selection;
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface CompileOptions {
  readonly engine: PatternEngine;
  /** The tenant's layer, a document of the same form; its preset counts where the policy names none. */
  readonly tenant?: unknown;
}

function problemsOf(error: z.ZodError, layer: LayerName): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code !== 'unrecognized_keys') return [{ layer, path, message: issue.message }];
    return issue.keys.map((key) => ({ layer, path: [...path, key], message: 'no such key' }));
  });
}

/** What the seeds' circuit breaker means as rules. */
function breakerRules(breaker: Policy['circuit_breaker']): RuleDocument[] {
  if (!breaker?.enabled) return [];
  const common = { severity: 'critical', action: 'block', category: 'resource_abuse' } as const;
  const { tokens_per_minute, max_tokens_per_session, max_tool_calls, max_tool_fanout } = breaker;
  const limit = (name: string, metric: 'tokens_total' | 'tool_call_count' | 'tool_fanout', threshold?: number) =>
    threshold === undefined ? [] : [{ ...common, name, type: 'metric' as const, metric, threshold }];
  return [
    ...(tokens_per_minute === undefined
      ? []
      : [
          {
            ...common,
            name: 'circuit_breaker_tokens_per_min',
            type: 'rate' as const,
            metric: 'tokens' as const,
            threshold: tokens_per_minute,
          },
        ]),
    ...limit('circuit_breaker_max_tokens', 'tokens_total', max_tokens_per_session),
    ...limit('circuit_breaker_tool_calls', 'tool_call_count', max_tool_calls),
    ...limit('circuit_breaker_tool_fanout', 'tool_fanout', max_tool_fanout),
  ];
}

function layerOf(name: LayerName, document: Policy, problems: Problem[]): Layer<Rule> {
  const seen = new Set<string>();
  document.rules.forEach((rule, i) => {
    if (seen.has(rule.name))
      problems.push({ layer: name, path: ['rules', i, 'name'], message: `${rule.name} is there twice` });
    seen.add(rule.name);
  });
  return {
    name,
    rules: [
      ...breakerRules(document.circuit_breaker).map((rule) => ({
        rule: ruleSchema.parse(rule),
        layer: name,
        path: ['circuit_breaker'],
      })),
      ...document.rules.map((rule, i) => ({ rule, layer: name, path: ['rules', i] })),
    ],
    suppress: [...document.suppress, ...document.suppress_rules],
  };
}

/** Lowest first. */
export type Documents = readonly (readonly [LayerName, Policy])[];

function ladderOf(documents: Documents, problems: Problem[]): Ladder {
  const [layer, document] = documents.findLast(([, { risk_ladder }]) => risk_ladder !== undefined) ?? [];
  const risk = document?.risk_ladder;
  if (!layer || !risk) return DEFAULT_LADDER;
  const thresholds = risk.thresholds?.map(({ score, action, rate, throttle_rate }, i) => {
    const perMinute = rate ?? throttle_rate;
    if (action === 'hold') {
      const path = ['risk_ladder', 'thresholds', i, 'action'];
      problems.push({ layer, path, message: 'hold is no action of the ladder in this version' });
    }
    if (action !== 'throttle' && perMinute !== undefined) {
      problems.push({
        layer,
        path: ['risk_ladder', 'thresholds', i, 'rate'],
        message: 'only throttle has a rate',
      });
    }
    return action === 'throttle' ? { score, action, rate: perMinute ?? DEFAULT_THROTTLE_RATE } : { score, action };
  });
  return {
    enabled: risk.enabled,
    halfLifeMs: risk.half_life ?? DEFAULT_LADDER.halfLifeMs,
    thresholds: thresholds?.sort((a, b) => a.score - b.score) ?? DEFAULT_LADDER.thresholds,
  };
}

const SOUND_MAX = 200;

function parseLayer(name: LayerName, document: unknown, engine: PatternEngine, problems: Problem[]): Policy | null {
  const parsed = policySchema.safeParse(document ?? {});
  if (parsed.success) return parsed.data;
  problems.push(...problemsOf(parsed.error, name), ...inSoundRules(name, document, engine));
  return null;
}

/** Of a document that is wrong elsewhere: its author is told everything at once. */
function inSoundRules(layer: LayerName, document: unknown, engine: PatternEngine): Problem[] {
  const { rules } = (document ?? {}) as { readonly rules?: unknown };
  if (!Array.isArray(rules)) return [];
  return rules.slice(0, SOUND_MAX).flatMap((written: unknown, i) => {
    const rule = ruleSchema.safeParse(fromAlias(written));
    return rule.success ? checkRule({ rule: rule.data, layer, path: ['rules', i] }, engine) : [];
  });
}

export function compilePolicy(document: unknown, { engine, tenant }: CompileOptions): Compilation {
  const problems: Problem[] = [];
  const policy = parseLayer('policy', document, engine, problems);
  const tenants = tenant === undefined ? null : parseLayer('tenant', tenant, engine, problems);
  const preset = policy?.preset || tenants?.preset || '';
  const below = PRESETS.find(({ name }) => name === preset);
  if (preset && !below) {
    const known = PRESETS.map(({ name }) => name).join(', ');
    problems.push({
      layer: policy?.preset ? 'policy' : 'tenant',
      path: ['preset'],
      message: `no preset "${preset}": ${known}`,
    });
  }
  if (policy) checkLayer(policy, problems);
  if (!policy || problems.length > 0) return { ok: false, problems };

  const presets = below ? parseLayer('preset', { rules: below.rules }, engine, problems) : null;
  const all: readonly (readonly [LayerName, Policy | null])[] = [
    ['preset', presets],
    ['tenant', tenants],
    ['policy', policy],
  ];
  const documents: Documents = all.flatMap(([name, one]) => (one ? [[name, one] as const] : []));
  const layers = documents.map(([name, one]) => layerOf(name, one, problems));
  const resolved = resolveLayers(layers);
  const { rules } = resolved;
  checkPatternCount(documents, problems);
  if (problems.length > 0) return { ok: false, problems };
  // A rule that another replaces is still checked: the document that holds it is wrong.
  for (const one of layers.flatMap((layer) => layer.rules)) problems.push(...checkRule(one, engine));
  const ladder = ladderOf(documents, problems);
  if (problems.length > 0) return { ok: false, problems };

  const compiled = assemble(
    rules,
    documents.map(([, one]) => one),
    preset,
    ladder,
  );
  problems.push(...failedTests(rules, compiled, engine));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    policy: compiled,
    selection: selectionOf(policy),
    warnings: warningsOf(resolved, documents),
  };
}

function selectionOf({ layer, priority, match }: Policy): Selection {
  const { tenants = [], principals = [], keys = [] } = match ?? {};
  return { layer, priority, match: { tenants, principals, keys } };
}

function assemble(
  rules: readonly Layered<Rule>[],
  written: readonly Policy[],
  preset: string,
  ladder: Ladder,
): CompiledPolicy {
  const patterns: Pattern[] = [];
  const known = new Map<string, number>();
  const table: PatternTable = (pattern) => {
    const key = `${pattern.caseSensitive}${pattern.source}`;
    const index = known.get(key) ?? patterns.push(pattern) - 1;
    known.set(key, index);
    return index;
  };
  const compiled = rules.map(({ rule }) => compileRule(rule, table));
  const isOff = written.findLast(({ enabled }) => enabled !== undefined)?.enabled === false;
  const mode = written.findLast((one) => one.mode !== undefined)?.mode ?? 'enforce';
  return { mode: isOff ? 'off' : mode, preset, rules: compiled, patterns, rates: ratesOf(compiled), ladder };
}

/** Examples run against the whole table. Those of presets are our own tests': every start would wait for them. */
function failedTests(all: readonly Layered<Rule>[], compiled: CompiledPolicy, engine: PatternEngine): Problem[] {
  const rules = all.filter(({ rule, layer }) => rule.tests && layer !== 'preset');
  if (rules.length === 0) return [];
  const evaluator = createEvaluator({ ...compiled, mode: 'enforce' }, engine);
  return rules.flatMap(({ rule, layer, path }) =>
    failedExamples(rule, evaluator).map(({ list, index, message }) => ({
      layer,
      path: [...path, 'tests', list, index],
      message,
    })),
  );
}
