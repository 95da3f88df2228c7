/** Policies as an edge executes them: compiled by the control plane, their tables built here, off the hot path. */
import type { SnapshotPolicy } from '@elida/contracts';
import {
  type CompiledPolicy,
  type CompiledRule,
  createEvaluator,
  type Evaluator,
  type Ladder,
  type Metric,
  matchesAny,
  matchesOf,
  scanEngine,
  scanRulesOf,
} from '@elida/policy';
import { compileScanner, type Scanner } from '@elida/scan';
import type { ThrottleBand, Watch } from '@elida/session';
import { QuietTexts } from '../inspection/quiet-texts.ts';

export interface EdgePolicy {
  readonly name: string;
  /** `name@version`, as records say it. */
  readonly label: string;
  /** Of the rules: the same rules are the same tables, and what they have inspected stays inspected. */
  readonly hash: string;
  readonly compiled: CompiledPolicy;
  readonly evaluator: Evaluator;
  /** The same patterns as the evaluator's, for texts that come in pieces; `matchesOf` makes its findings the policy's. */
  readonly replyScanner: Scanner;
  /** Of requests. */
  readonly quiet: QuietTexts;
  /** What is asked of the store at `enter`; null where the policy is off. */
  readonly watch: Watch | null;
  /** The same of an exchange that has been counted already: the score alone, or the principal's where the session begins. */
  readonly lookAgain: Watch | null;
  /** That its rules look at. */
  readonly metrics: ReadonlySet<Metric>;
  /** What some rule looks at. */
  readonly inspects: { readonly request: boolean; readonly reply: boolean; readonly toolCalls: boolean };
}

/** Who is calling, as authenticated. */
export interface Authenticated {
  readonly tenant: string;
  readonly principal: string;
  /** Id of the credential; empty where none was shown. */
  readonly key: string;
}

interface Entry {
  readonly policy: EdgePolicy;
  readonly match: Readonly<Record<keyof Match, readonly string[]>>;
}
type Match = Pick<NonNullable<SnapshotPolicy['match']>, 'tenants' | 'principals' | 'keys'>;

/** In the order of decision: priority, then name. */
export type EdgePolicies = readonly Entry[];

const SCORE_BEYOND = 101;
const EVERYBODY: Match = { tenants: [], principals: [], keys: [] };

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Yields between policies, so that running streams do not wait for all of them.
 *
 * @param before tables of the same hash are kept.
 * @throws Error where a policy cannot be read or its patterns not be taken: then the snapshot is refused.
 */
export async function buildPolicies(policies: readonly SnapshotPolicy[], before: EdgePolicies): Promise<EdgePolicies> {
  const known = new Map(before.map(({ policy }) => [policy.hash, policy]));
  const entries: Entry[] = [];
  const inOrder = policies.toSorted((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
  for (const { name, version, hash, compiledJson, match } of inOrder) {
    const same = hash === '' ? undefined : known.get(hash);
    const built = same ?? buildPolicy(name, hash, compiledJson);
    const policy = { ...built, name, label: `${name}@${version}` };
    if (same === undefined) {
      for (const _ of policy.replyScanner.warming()) await soon();
      await soon();
    }
    known.set(hash, policy);
    entries.push({ policy, match: match ?? EVERYBODY });
  }
  return entries;
}

function buildPolicy(name: string, hash: string, compiledJson: string): EdgePolicy {
  const compiled = read(name, compiledJson);
  const scanner = compileScanner(scanRulesOf(compiled));
  if (!('scan' in scanner)) {
    throw new Error(`policy ${name}: ${scanner.map(({ message }) => message).join('; ')}`);
  }
  // One automaton for both: what waits in a stream changes nothing about what is found.
  const engine = { ...scanEngine, finder: () => (text: string) => matchesOf(scanner.scan(text)) };
  const rules = compiled.mode === 'off' ? [] : compiled.rules;
  const watch = compiled.mode === 'off' ? null : watchOf(compiled);
  return {
    name,
    label: name,
    hash,
    compiled,
    evaluator: createEvaluator(compiled, engine),
    replyScanner: scanner,
    quiet: new QuietTexts(),
    watch,
    lookAgain: watch && { ...watch, throttle: [], counters: false, rates: [] },
    metrics: new Set(rules.flatMap((rule) => (rule.type === 'metric' ? [rule.metric] : []))),
    inspects: {
      request: rules.some(readsRequest),
      reply: rules.some((rule) => isText(rule) && rule.target !== 'request'),
      toolCalls: rules.some(({ type }) => type === 'tool'),
    },
  };
}

function read(name: string, json: string): CompiledPolicy {
  try {
    const compiled: unknown = JSON.parse(json);
    if (isCompiled(compiled)) return compiled;
  } catch (error) {
    throw new Error(`policy ${name} cannot be read`, { cause: error });
  }
  throw new Error(`policy ${name} is no compiled policy`);
}

/** Made by our own compiler; looked at so that a foreign or newer one is refused here and not in mid-exchange. */
function isCompiled(value: unknown): value is CompiledPolicy {
  if (typeof value !== 'object' || value === null) return false;
  const { mode, rules, patterns, rates, ladder } = value as Partial<CompiledPolicy>;
  return (
    (mode === 'enforce' || mode === 'audit' || mode === 'off') &&
    [rules, patterns, rates].every((list) => Array.isArray(list)) &&
    typeof ladder?.halfLifeMs === 'number' &&
    Array.isArray(ladder.thresholds)
  );
}

const isText = (rule: CompiledRule): rule is Extract<CompiledRule, { type: 'content_match' | 'unicode' | 'entropy' }> =>
  rule.type === 'content_match' || rule.type === 'unicode' || rule.type === 'entropy';

/** Of the request at hand; all other metrics are the session's. */
const REQUEST_METRICS: ReadonlySet<string> = new Set(['request_text_bytes', 'request_messages', 'max_tokens']);

function readsRequest(rule: CompiledRule): boolean {
  if (isText(rule)) return rule.target !== 'response';
  if (rule.type === 'metric') return REQUEST_METRICS.has(rule.metric) || rule.metric === 'compound_anomaly';
  return rule.type === 'tool' || rule.type === 'model';
}

const watchOf = ({ mode, rules, rates, ladder }: CompiledPolicy): Watch => ({
  halfLifeMs: ladder.enabled ? ladder.halfLifeMs : 0,
  throttle: mode === 'enforce' && ladder.enabled ? bandsOf(ladder) : [],
  counters: rules.some((rule) => rule.type === 'metric' && !REQUEST_METRICS.has(rule.metric)),
  rates,
});

const bandsOf = ({ thresholds }: Ladder): ThrottleBand[] =>
  thresholds.flatMap(({ score, action, rate }, index) =>
    action === 'throttle' && rate !== undefined
      ? [{ from: score, below: thresholds[index + 1]?.score ?? SCORE_BEYOND, rate }]
      : [],
  );

const fits = (globs: readonly string[], value: string): boolean => globs.length === 0 || matchesAny(globs, value);

/** @returns the base policy of an exchange; null: nothing is inspected. */
export function choosePolicy(policies: EdgePolicies, { tenant, principal, key }: Authenticated): EdgePolicy | null {
  for (const { policy, match } of policies) {
    if (fits(match.tenants, tenant) && fits(match.principals, principal) && fits(match.keys, key)) return policy;
  }
  return null;
}

/** What a person reads where a rule stopped something: that it was the policy, which rule to ask about, and what it is for. */
export function publicReason({ compiled }: EdgePolicy, rule: string | null): string {
  const found = compiled.rules.find(({ name }) => name === rule);
  if (found === undefined) return 'Stopped by policy';
  return `Stopped by policy rule ${found.name}${found.description === '' ? '' : `: ${found.description}`}`;
}
