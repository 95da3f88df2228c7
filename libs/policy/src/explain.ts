/**
 * Why a policy decides as it does: each rule that fired with what it matched, which of them decides and why, what the ladder
 * makes of it, and what the mode leaves of that. The same evaluator as at the edge; in the words of the API.
 */
import { type Action, isStronger } from './actions.ts';
import type { CompiledPolicy, CompiledRule, PatternEngine, PatternMatch } from './compiled.ts';
import { createEvaluator, type Evaluation, type Evaluator, type Finding, type Segment } from './evaluate.ts';
import { climb, contributionOf, type LadderStep } from './ladder.ts';
import { rateKey } from './metrics.ts';
import { type RiskRole, ROLE_WEIGHT, type RuleSeverity, SEVERITY_WEIGHT } from './risk.ts';

export interface ExplainInput extends Omit<Evaluation, 'standing'> {
  /** Where the session stands before; decayed already. */
  readonly score?: number;
}

export interface ExplainedMatch {
  /** At most 200 characters of it. */
  readonly text: string;
  /** UTF-16 offsets in the segment's text. */
  readonly start: number;
  readonly end: number;
  /** As written; empty where no pattern is behind it. */
  readonly pattern: string;
}

export interface ExplainedFinding {
  readonly rule: string;
  readonly type: CompiledRule['type'];
  readonly description: string;
  readonly action: Action;
  readonly observe: boolean;
  readonly category: string;
  readonly refs: CompiledRule['refs'];
  readonly severity: RuleSeverity;
  readonly effective_severity: RuleSeverity;
  readonly role: RiskRole;
  readonly side: Finding['side'];
  readonly message: number;
  readonly place: string;
  readonly matches: readonly ExplainedMatch[];
  /** What was measured, of counters and characters; null elsewhere. */
  readonly value: number | null;
  readonly severity_weight: number;
  readonly role_weight: number;
  readonly points: number;
  /** What made it fire, and what it is worth. */
  readonly why: string;
  readonly decides: boolean;
}

export interface Explanation {
  readonly mode: CompiledPolicy['mode'];
  readonly preset: string;
  readonly decision: {
    readonly action: Action | 'allow';
    readonly would: Action | 'allow';
    readonly rule: string | null;
  };
  /** In sentences. */
  readonly because: readonly string[];
  readonly findings: readonly ExplainedFinding[];
  /** Null where the policy has no ladder. */
  readonly ladder: LadderStep | null;
}

const TEXT_MAX = 200;
const MATCHES_MAX = 20;

interface Judged {
  readonly segment: Segment;
  readonly matches: readonly PatternMatch[];
}

/** Building it costs what a snapshot costs an edge; asking it costs a scan. */
export function createExplainer(policy: CompiledPolicy, engine: PatternEngine): (input: ExplainInput) => Explanation {
  const evaluator = createEvaluator(policy, engine);
  const find = engine.finder(policy.patterns);
  return (input) => explain(evaluator, find, input);
}

function explain(
  evaluator: Evaluator,
  find: (text: string) => Iterable<PatternMatch>,
  { score = 0, segments = [], ...rest }: ExplainInput,
): Explanation {
  const { policy } = evaluator;
  const judged = new Map<string, Judged>();
  const inTexts = segments.flatMap((segment) => {
    const matches = [...find(segment.text)];
    const findings = evaluator.judge(segment, matches);
    for (const finding of findings) judged.set(keyOf(finding), { segment, matches });
    return findings;
  });
  const { findings, decision } = evaluator.conclude([...inTexts, ...evaluator.evaluate(rest).findings]);
  const decider = decision.rule === null ? undefined : findings.find(({ rule }) => rule === decision.rule);
  const enforced = policy.mode === 'enforce';
  const added = findings
    .filter(({ points }) => points > 0)
    .map((one) => contributionOf(one.rule, one.severity, one.role, 0));
  const ladder =
    policy.ladder.enabled && policy.mode !== 'off'
      ? climb(policy.ladder, { score, at: 0 }, added, 0, enforced).step
      : null;
  return {
    mode: policy.mode,
    preset: policy.preset,
    decision,
    because: [...sentences(policy, findings, decider, decision), ...ladderSentences(ladder, enforced)],
    findings: findings.map((one) => explained(policy, one, judged.get(keyOf(one)), one === decider)),
    ladder,
  };
}

/** A finding that edits text is handed on as a copy, without its points. */
const keyOf = ({ rule, side, message, place }: Finding): string => [rule, side, message, place].join('\0');

function explained(
  policy: CompiledPolicy,
  finding: Finding,
  judged: Judged | undefined,
  decides: boolean,
): ExplainedFinding {
  const rule = policy.rules.find(({ name }) => name === finding.rule);
  if (!rule) throw new Error(`a finding of no rule: ${finding.rule}`);
  const matches = judged ? matchesOf(policy, rule, finding, judged) : [];
  const { value = null } = finding;
  return {
    rule: rule.name,
    type: rule.type,
    description: rule.description,
    action: rule.action,
    observe: rule.observe,
    category: rule.category,
    refs: rule.refs,
    severity: rule.severity,
    effective_severity: finding.effectiveSeverity,
    role: finding.role,
    side: finding.side,
    message: finding.message,
    place: finding.place,
    matches,
    value,
    severity_weight: SEVERITY_WEIGHT[rule.severity],
    role_weight: ROLE_WEIGHT[finding.role],
    points: finding.points,
    why: `${whyOf(rule, finding, matches)}; ${worthOf(rule, finding)}`,
    decides,
  };
}

function matchesOf(policy: CompiledPolicy, rule: CompiledRule, finding: Finding, judged: Judged): ExplainedMatch[] {
  const { text } = judged.segment;
  const found =
    rule.type === 'content_match'
      ? judged.matches.filter(({ pattern }) => rule.patterns.includes(pattern))
      : finding.spans.map((span) => ({ ...span, pattern: -1 }));
  return found
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
    .slice(0, MATCHES_MAX)
    .map(({ pattern, start, end }) => ({
      text: text.slice(start, Math.min(end, start + TEXT_MAX)),
      start,
      end,
      pattern: policy.patterns[pattern]?.source ?? '',
    }));
}

function whyOf(
  rule: CompiledRule,
  { hits, value = 0, place, role }: Finding,
  matches: readonly ExplainedMatch[],
): string {
  switch (rule.type) {
    case 'content_match':
      return `${hits === 1 ? 'a match' : `${hits} matches`} in the words of the ${role}: ${JSON.stringify(matches[0]?.text ?? '')}`;
    case 'unicode':
      return `${value} hidden characters (${rule.characters.join(', ')}), ${rule.threshold} are enough`;
    case 'entropy':
      return `${value.toFixed(2)} bits per byte, more than ${rule.threshold}`;
    case 'metric':
      return `${rule.metric} is ${value}, ${rule.operator} ${rule.threshold}`;
    case 'rate':
      return `${rateKey(rule.metric, rule.windowMs)} ms is ${value}, ${rule.operator} ${rule.threshold}`;
    case 'tool':
      return `${place}: a tool that it names${rule.arguments.length > 0 ? ', with arguments that it means' : ''}`;
    case 'model':
      return rule.allow.length > 0
        ? 'the model is not among those allowed, or among those blocked'
        : 'the model is blocked';
  }
}

function worthOf({ severity, observe }: CompiledRule, { role, points }: Finding): string {
  if (observe) return 'it only observes: no points';
  const sum = `${severity} ${SEVERITY_WEIGHT[severity]} × ${role} ${ROLE_WEIGHT[role]}`;
  return points === 0 ? `${sum}, counted once per message already` : `${sum} = ${round(points)} points`;
}

function sentences(
  { mode }: CompiledPolicy,
  findings: readonly Finding[],
  decider: Finding | undefined,
  { action, would }: Explanation['decision'],
): string[] {
  if (mode === 'off') return ['the policy is off: no rule is looked at'];
  if (!decider) return ['no rule fired: allowed'];
  const others = findings.filter((one) => one.rule !== decider.rule);
  const weaker = others.filter((one) => isStronger(decider.action, one.action)).map(said);
  const equal = others.filter((one) => one.action === decider.action).map(({ rule }) => rule);
  return [
    `${decider.rule} decides: ${would}`,
    ...(weaker.length > 0 ? [`${would} is stronger than ${[...new Set(weaker)].join(', ')}`] : []),
    ...(equal.length > 0 ? [`${[...new Set(equal)].join(', ')} would do the same; the first to fire is named`] : []),
    ...(mode === 'audit' && action !== would ? [`audit mode: ${would} is only recorded`] : []),
  ];
}

const said = ({ rule, action, observe }: Finding): string => `${rule} (${observe ? 'observes' : action})`;

function ladderSentences(step: LadderStep | null, enforced: boolean): string[] {
  if (!step) return [];
  const { before, after, added, action, threshold } = step;
  const points = added.reduce((sum, one) => sum + one.points, 0);
  const where =
    action === 'none'
      ? 'below every threshold'
      : `at ${threshold} or more: ${action}${enforced ? '' : ' (only recorded)'}`;
  return [`the risk score goes from ${round(before)} by ${round(points)} to ${round(after)}, ${where}`];
}

const round = (value: number): number => Math.round(value * 100) / 100;
