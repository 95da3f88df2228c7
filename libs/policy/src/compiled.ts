/** A policy as the snapshot carries it: resolved, plain data. Nothing in it is a RegExp or a function. */
import type { Action } from './actions.ts';
import type { PathStep } from './json-path.ts';
import type { Ladder } from './ladder.ts';
import type { Metric, Operator, RateMetric } from './metrics.ts';
import type { ARGUMENT_OPERATORS } from './model.ts';
import type { RuleRole, RuleSeverity } from './risk.ts';

/** What text is compared with. Without `caseSensitive` both are folded (NFKC, case, invisible characters). */
export interface Pattern {
  readonly source: string;
  readonly caseSensitive: boolean;
}

export interface RuleRefs {
  readonly owaspLlm2025: readonly string[];
  readonly owaspLlmV11: readonly string[];
  readonly mitreAtlas: readonly string[];
}

interface RuleBase {
  readonly name: string;
  readonly description: string;
  readonly severity: RuleSeverity;
  /** `flag` where it only observes. */
  readonly action: Action;
  readonly observe: boolean;
  readonly category: string;
  readonly refs: RuleRefs;
}

interface SpokenRule extends RuleBase {
  readonly target: 'request' | 'response' | 'both';
  /** Empty: whoever speaks. */
  readonly roles: readonly RuleRole[];
}

export interface ContentRule extends SpokenRule {
  readonly type: 'content_match';
  /** Indices into the policy's patterns. */
  readonly patterns: readonly number[];
}
export interface UnicodeRule extends SpokenRule {
  readonly type: 'unicode';
  readonly characters: readonly ('tag' | 'bidi' | 'zero_width')[];
  readonly threshold: number;
}
export interface EntropyRule extends SpokenRule {
  readonly type: 'entropy';
  /** Bits per byte. */
  readonly threshold: number;
  readonly bytesMin: number;
}
export interface MetricRule extends RuleBase {
  readonly type: 'metric';
  readonly metric: Metric;
  readonly operator: Operator;
  readonly threshold: number;
  readonly minSamples: number;
}
export interface RateRule extends RuleBase {
  readonly type: 'rate';
  readonly metric: RateMetric;
  readonly windowMs: number;
  readonly operator: Operator;
  readonly threshold: number;
}
export interface CompiledCondition {
  readonly paths: readonly (readonly PathStep[])[];
  readonly operator: (typeof ARGUMENT_OPERATORS)[number];
  readonly values: readonly (string | number | boolean)[];
  /** Of `matches` and `shell_matches`: indices into the policy's patterns. */
  readonly patterns: readonly number[];
}
export interface ToolRule extends RuleBase {
  readonly type: 'tool';
  readonly tools: readonly string[];
  readonly except: readonly string[];
  readonly arguments: readonly CompiledCondition[];
}
export interface ModelRule extends RuleBase {
  readonly type: 'model';
  /** Empty: all. */
  readonly allow: readonly string[];
  readonly block: readonly string[];
}
export type TextRule = ContentRule | UnicodeRule | EntropyRule;
export type CounterRule = MetricRule | RateRule;
export type CompiledRule = TextRule | CounterRule | ToolRule | ModelRule;

export interface CompiledPolicy {
  readonly mode: 'enforce' | 'audit' | 'off';
  readonly preset: string;
  readonly rules: readonly CompiledRule[];
  readonly patterns: readonly Pattern[];
  /** What the session must count for the rate rules. */
  readonly rates: readonly { readonly metric: RateMetric; readonly windowMs: number }[];
  readonly ladder: Ladder;
}

/** Half-open, UTF-16 offsets in the original text. */
export interface PatternMatch {
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}
export type PatternFinder = (text: string) => Iterable<PatternMatch>;

/** What finds patterns in text (libs/scan). */
export interface PatternEngine {
  /** @returns null where the pattern can be matched in linear time, else the reason in words for its author. */
  problemOf(pattern: Pattern): string | null;
  finder(patterns: readonly Pattern[]): PatternFinder;
}
