/**
 * Policy as written (+ preset + tenant layer) → resolved rules as plain data. Every mistake is reported with its path in the
 * document; one mistake rejects the policy. Line and column are the caller's, who has the text.
 */
import { POLICY_LATER } from '@elida/contracts';
import type { z } from 'zod';
import { type ActionPlace, mayAct, NOT_YET_OF_RULES } from './actions.ts';
import { compileRule, type PatternTable } from './compile-rule.ts';
import type { CompiledPolicy, Pattern, PatternEngine } from './compiled.ts';
import { createEvaluator } from './evaluate.ts';
import { failedExamples } from './examples.ts';
import { parsePath } from './json-path.ts';
import { DEFAULT_LADDER, DEFAULT_THROTTLE_RATE, type Ladder } from './ladder.ts';
import { type Layer, type Layered, type LayerName, resolveLayers } from './layer.ts';
import { NOT_MEASURED } from './metrics.ts';
import { type Policy, policySchema, type Rule, type RuleDocument, ruleSchema } from './model.ts';
import { PRESETS } from './presets/index.ts';

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

const placesOf = (rule: Rule): readonly ActionPlace[] => {
  switch (rule.type) {
    case 'content_match':
    case 'unicode':
    case 'entropy':
      if (rule.target === 'both') return ['request', 'reply'];
      return rule.target === 'request' ? ['request'] : ['reply'];
    case 'metric':
    case 'rate':
      return ['session'];
    case 'tool':
      return ['tool_call'];
    case 'model':
      return ['request'];
  }
};

type Complaint = (path: readonly (string | number)[], message: string) => void;

function checkPatterns(rule: Rule, engine: PatternEngine, complain: Complaint): void {
  const check = (source: string, caseSensitive: boolean, path: readonly (string | number)[]): void => {
    const problem = engine.problemOf({ source, caseSensitive });
    if (problem !== null) complain(path, problem);
  };
  if (rule.type === 'content_match') {
    for (const [i, source] of rule.patterns.entries()) check(source, rule.case_sensitive, ['patterns', i]);
  }
  if (rule.type !== 'tool') return;
  rule.arguments.forEach(({ operator, value, path }, i) => {
    const at = ['arguments', i];
    for (const [k, one] of [path].flat().entries()) {
      const place = Array.isArray(path) ? [...at, 'path', k] : [...at, 'path'];
      if (parsePath(one) === null) complain(place, `no path: ${one} (like $.command, $..url, $.files[0])`);
    }
    const needsNone = operator === 'exists' || operator === 'not_exists';
    if (needsNone !== (value === undefined)) {
      complain([...at, 'value'], needsNone ? `${operator} takes no value` : `${operator} needs a value`);
    } else if (operator === 'matches' || operator === 'shell_matches') {
      [value].flat().forEach((one, k) => {
        const place = Array.isArray(value) ? [...at, 'value', k] : [...at, 'value'];
        if (typeof one === 'string') check(one, false, place);
        else complain(place, `${operator} needs a pattern`);
      });
    }
  });
}

function checkRule({ rule, layer, path }: Layered<Rule>, engine: PatternEngine): Problem[] {
  const problems: Problem[] = [];
  const complain: Complaint = (at, message) => problems.push({ layer, path: [...path, ...at], message });
  const action = rule.observe ? 'flag' : rule.action;
  const place = placesOf(rule).find((one) => !mayAct(action, one));
  if (NOT_YET_OF_RULES.includes(action)) complain(['action'], `${action} is no action of rules in this version`);
  else if (place) complain(['action'], `${action} cannot act on a ${place.replace('_', ' ')}`);
  if (rule.type === 'model' && !rule.allow && !rule.block) complain([], 'a model rule needs allow or block');
  checkPatterns(rule, engine, complain);
  return problems;
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

type Documents = readonly (readonly [LayerName, Policy])[];

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

function parseLayer(name: LayerName, document: unknown, problems: Problem[]): Policy | null {
  const parsed = policySchema.safeParse(document ?? {});
  if (parsed.success) return parsed.data;
  problems.push(...problemsOf(parsed.error, name));
  return null;
}

export function compilePolicy(document: unknown, { engine, tenant }: CompileOptions): Compilation {
  const problems: Problem[] = [];
  const policy = parseLayer('policy', document, problems);
  const tenants = tenant === undefined ? null : parseLayer('tenant', tenant, problems);
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

  const presets = below ? parseLayer('preset', { rules: below.rules }, problems) : null;
  const all: readonly (readonly [LayerName, Policy | null])[] = [
    ['preset', presets],
    ['tenant', tenants],
    ['policy', policy],
  ];
  const documents: Documents = all.flatMap(([name, one]) => (one ? [[name, one] as const] : []));
  const layers = documents.map(([name, one]) => layerOf(name, one, problems));
  const { rules, unknown } = resolveLayers(layers);
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
    warnings: [...warningsOf(unknown, documents), ...neverFire(rules), ...later(documents)],
  };
}

function selectionOf({ layer, priority, match }: Policy): Selection {
  const { tenants = [], principals = [], keys = [] } = match ?? {};
  return { layer, priority, match: { tenants, principals, keys } };
}

/** A tenant's layer suppresses what policies bring, which it does not know. */
function warningsOf(unknown: readonly { layer: LayerName; name: string }[], documents: Documents): Problem[] {
  return unknown.flatMap(({ layer, name }) => {
    const document = documents.find(([known]) => known === layer)?.[1];
    if (layer === 'tenant' || document?.layer === 'tenant') return [];
    const key = document?.suppress.includes(name) ? 'suppress' : 'suppress_rules';
    return [
      { layer, path: [key, document?.[key].indexOf(name) ?? 0], message: `there is no rule ${name} to suppress` },
    ];
  });
}

/** Edges build one automaton of them, between their exchanges. */
const PATTERNS_MAX = 4_000;

const patternsIn = (rule: Rule): number =>
  rule.type === 'content_match'
    ? rule.patterns.length
    : rule.type === 'tool'
      ? rule.arguments.reduce((sum, { value }) => sum + [value].flat().length, 0)
      : 0;

function checkPatternCount(documents: Documents, problems: Problem[]): void {
  for (const [layer, { rules }] of documents) {
    const count = rules.reduce((sum, rule) => sum + patternsIn(rule), 0);
    if (count <= PATTERNS_MAX) continue;
    problems.push({ layer, path: ['rules'], message: `${count} patterns, the limit is ${PATTERNS_MAX}` });
  }
}

const later = (documents: Documents): Problem[] =>
  documents.flatMap(([layer, document]) =>
    POLICY_LATER.filter((key) => document[key] !== undefined).map((key) => ({
      layer,
      path: [key],
      message: 'is accepted, but without effect in this version',
    })),
  );

const neverFire = (rules: readonly Layered<Rule>[]): Problem[] =>
  rules.flatMap(({ rule, layer, path }) =>
    layer !== 'preset' && rule.type === 'metric' && NOT_MEASURED.includes(rule.metric)
      ? [{ layer, path: [...path, 'type'], message: `${rule.metric} is not measured in this version: never fires` }]
      : [],
  );

/** A layer takes its place in every policy of a tenant, so it names tenants, and nothing that chooses policies. */
function checkLayer({ layer, match, priority }: Policy, problems: Problem[]): void {
  if (layer !== 'tenant') return;
  const complain = (path: Problem['path'], message: string): void => {
    problems.push({ layer: 'policy', path, message });
  };
  if (!match?.tenants) complain(['match'], 'a layer of tenants needs match.tenants');
  for (const [i, tenant] of (match?.tenants ?? []).entries()) {
    if (/[*?]/.test(tenant)) complain(['match', 'tenants', i], 'a layer names its tenants one by one');
  }
  if (match?.principals || match?.keys) complain(['match'], 'a layer is for whole tenants');
  if (priority !== 0) complain(['priority'], 'a layer has none: the policies have');
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
  const rates = new Map(
    compiled.flatMap((rule) =>
      rule.type === 'rate'
        ? [[`${rule.metric}/${rule.windowMs}`, { metric: rule.metric, windowMs: rule.windowMs }]]
        : [],
    ),
  );
  const isOff = written.findLast(({ enabled }) => enabled !== undefined)?.enabled === false;
  const mode = written.findLast((one) => one.mode !== undefined)?.mode ?? 'enforce';
  return { mode: isOff ? 'off' : mode, preset, rules: compiled, patterns, rates: [...rates.values()], ladder };
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
