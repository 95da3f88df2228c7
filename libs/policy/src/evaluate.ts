/**
 * Compiled rules on the texts, calls and counters of one exchange: findings, and one decision. Pure and deterministic; one
 * finding per rule and message, however often it matches there.
 */
import { type Action, isHarmless, isStronger } from './actions.ts';
import { countHidden, entropyOf, type HiddenCounts, hiddenIn } from './characters.ts';
import type {
  CompiledPolicy,
  CompiledRule,
  CounterRule,
  ModelRule,
  PatternEngine,
  PatternFinder,
  PatternMatch,
  RuleRefs,
  TextRule,
  ToolRule,
} from './compiled.ts';
import { matchesAny } from './glob.ts';
import { compare, type Metrics, rateKey } from './metrics.ts';
import { effectiveSeverity, pointsOf, type RiskRole, type RuleSeverity } from './risk.ts';
import { type ToolCall, toolRuleMeans } from './tool-call.ts';

export type Speaker = 'user' | 'assistant' | 'system' | 'developer' | 'tool';

/** One text with its speaker and place. */
export interface Segment {
  readonly side: 'request' | 'response';
  readonly role: Speaker;
  /** `tool_result`, `tool_arguments`, `text`, `reasoning`, `document` …: decides with the role who is to blame. */
  readonly kind: string;
  readonly text: string;
  /** Index of the message in its list; −1 where there is no list. */
  readonly message: number;
  /** Where in the body, as the dialect says it. */
  readonly place: string;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Finding {
  readonly rule: string;
  readonly description: string;
  readonly severity: RuleSeverity;
  /** After the speaker's weight. */
  readonly effectiveSeverity: RuleSeverity;
  readonly role: RiskRole;
  readonly side: 'request' | 'response' | 'session';
  readonly message: number;
  readonly place: string;
  /** UTF-16 offsets in the segment's text; all that a redaction must cover, the first alone otherwise. */
  readonly spans: readonly Span[];
  readonly hits: number;
  /** What was measured, of counters and characters. */
  readonly value?: number;
  readonly category: string;
  readonly refs: RuleRefs;
  readonly action: Action;
  readonly observe: boolean;
  /** What it adds to the ladder: 0 where it observes, or stood already. */
  readonly points: number;
}

export interface Decision {
  /** What to do. In audit mode nothing but flagging. */
  readonly action: Action | 'allow';
  /** What enforcing would have done. */
  readonly would: Action | 'allow';
  /** The rule that decided; null where none did. */
  readonly rule: string | null;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly decision: Decision;
  /** Counter rules that hold now: hand them back at the next evaluation, so that they add to the ladder once. */
  readonly standing: readonly string[];
}

export interface Evaluation {
  readonly segments?: readonly Segment[];
  readonly toolCalls?: readonly ToolCall[];
  /** As asked for; empty or absent: no model rule is looked at. */
  readonly model?: string;
  readonly metrics?: Metrics;
  readonly standing?: readonly string[];
}

export interface Evaluator {
  readonly policy: CompiledPolicy;
  evaluate(input: Evaluation): Verdict;
  /** For texts that were scanned elsewhere (streams): matches of the policy's patterns → findings. */
  judge(segment: Segment, matches: Iterable<PatternMatch>): Finding[];
  /** What was judged piece by piece, as `evaluate` would have it: once per rule and message, one decision. */
  conclude(findings: readonly Finding[]): Pick<Verdict, 'findings' | 'decision'>;
  /** Does any rule that reads such a segment do more than flag? If none, a stream needs no hold-back. */
  mustHold(segment: Omit<Segment, 'text'>): boolean;
}

function roleOf({ role, kind }: Pick<Segment, 'role' | 'kind'>): RiskRole & Speaker {
  if (kind === 'tool_result') return 'tool';
  if (kind === 'tool_arguments') return 'assistant';
  if (kind === 'tool_definition') return 'system';
  return role === 'developer' ? 'system' : role;
}

const reads = (rule: TextRule, segment: Omit<Segment, 'text'>): boolean =>
  (rule.target === 'both' || rule.target === segment.side) &&
  (rule.roles.length === 0 || rule.roles.includes(roleOf(segment)));

type Where = Pick<Finding, 'role' | 'side' | 'message' | 'place' | 'spans' | 'hits'> & { readonly value?: number };

function finding(rule: CompiledRule, where: Where, stood = false): Finding {
  return {
    rule: rule.name,
    description: rule.description,
    severity: rule.severity,
    effectiveSeverity: effectiveSeverity(rule.severity, where.role),
    ...where,
    category: rule.category,
    refs: rule.refs,
    action: rule.action,
    observe: rule.observe,
    points: rule.observe || stood ? 0 : pointsOf(rule.severity, where.role),
  };
}

const inSegment = (segment: Segment, spans: readonly Span[], hits: number): Where => ({
  role: roleOf(segment),
  side: segment.side,
  message: segment.message,
  place: segment.place,
  spans,
  hits,
});

const editsText = (action: Action): boolean => action === 'redact' || action === 'sanitize';

function contentFindings(
  byPattern: readonly TextRule[][],
  segment: Segment,
  matches: Iterable<PatternMatch>,
): Finding[] {
  const spans = new Map<TextRule, Span[]>();
  for (const { pattern, start, end } of matches) {
    for (const rule of byPattern[pattern] ?? []) {
      if (!reads(rule, segment)) continue;
      const known = spans.get(rule);
      if (known) known.push({ start, end });
      else spans.set(rule, [{ start, end }]);
    }
  }
  return [...spans].map(([rule, all]) => {
    all.sort((a, b) => a.start - b.start || a.end - b.end);
    return finding(rule, inSegment(segment, editsText(rule.action) ? all : all.slice(0, 1), all.length));
  });
}

function characterFindings(rules: readonly TextRule[], segment: Segment): Finding[] {
  let hidden: HiddenCounts | undefined;
  return rules.flatMap((rule) => {
    if (rule.type === 'content_match' || !reads(rule, segment)) return [];
    if (rule.type === 'entropy') {
      const { bits, bytes } = entropyOf(segment.text);
      if (bytes < rule.bytesMin || bits <= rule.threshold) return [];
      return [finding(rule, { ...inSegment(segment, [{ start: 0, end: segment.text.length }], 1), value: bits })];
    }
    hidden ??= hiddenIn(segment.text);
    const { count, start, end } = countHidden(hidden, rule.characters);
    return count < rule.threshold
      ? []
      : [finding(rule, { ...inSegment(segment, [{ start, end }], count), value: count })];
  });
}

const OF_SESSION = { role: 'session', side: 'session', message: -1, place: '', spans: [], hits: 1 } as const;

function counterFindings(rules: readonly CounterRule[], metrics: Metrics, standing: readonly string[]): Finding[] {
  return rules.flatMap((rule) => {
    const value = metrics[rule.type === 'rate' ? rateKey(rule.metric, rule.windowMs) : rule.metric];
    if (value === undefined || !compare(value, rule.operator, rule.threshold)) return [];
    if (rule.type === 'metric' && (metrics.request_count ?? 0) < rule.minSamples) return [];
    return [finding(rule, { ...OF_SESSION, value }, standing.includes(rule.name))];
  });
}

/** Several rules look at the same arguments. */
function remembering(find: PatternFinder): PatternFinder {
  const known = new Map<string, readonly PatternMatch[]>();
  return (text) => {
    const found = known.get(text) ?? [...find(text)];
    known.set(text, found);
    return found;
  };
}

function toolFindings(rules: readonly ToolRule[], calls: readonly ToolCall[], finder: PatternFinder): Finding[] {
  if (rules.length === 0 || calls.length === 0) return [];
  const find = remembering(finder);
  return calls.flatMap((call) =>
    rules
      .filter((rule) => toolRuleMeans(rule, call, find))
      .map((rule) =>
        finding(rule, {
          role: 'assistant',
          side: 'response',
          message: -1,
          place: `tool_call:${call.id}`,
          spans: [],
          hits: 1,
        }),
      ),
  );
}

const modelFindings = (rules: readonly ModelRule[], model: string): Finding[] =>
  rules
    .filter(({ allow, block }) => matchesAny(block, model) || (allow.length > 0 && !matchesAny(allow, model)))
    .map((rule) => finding(rule, { ...OF_SESSION, side: 'request', place: 'model' }));

/** Segments of one message are one message. */
function oncePerMessage(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  const once: Finding[] = [];
  for (const one of findings) {
    // Without a message to count by, each place is one.
    const key = `${one.rule}\0${one.side}\0${one.message >= 0 ? one.message : one.place}`;
    const edits = editsText(one.action);
    const first = seen.get(key);
    if (!first) seen.set(key, one);
    // What has to be edited must be known in every segment; it still adds once.
    if (!first || edits) once.push(first && edits ? { ...one, points: 0 } : one);
  }
  return once;
}

function decide(mode: CompiledPolicy['mode'], findings: readonly Finding[]): Decision {
  const strongest = findings.reduce<Finding | null>(
    (best, one) => (best === null || isStronger(one.action, best.action) ? one : best),
    null,
  );
  if (!strongest) return { action: 'allow', would: 'allow', rule: null };
  const isDry = mode === 'audit' && !isHarmless(strongest.action);
  return { action: isDry ? 'flag' : strongest.action, would: strongest.action, rule: strongest.rule };
}

const isText = (rule: CompiledRule): rule is TextRule =>
  rule.type === 'content_match' || rule.type === 'unicode' || rule.type === 'entropy';
const isCounter = (rule: CompiledRule): rule is CounterRule => rule.type === 'metric' || rule.type === 'rate';

export function createEvaluator(policy: CompiledPolicy, engine: PatternEngine): Evaluator {
  const rules = policy.mode === 'off' ? [] : policy.rules;
  const text = rules.filter(isText);
  const characters = text.filter((rule) => rule.type !== 'content_match');
  const counters = rules.filter(isCounter);
  const tools = rules.filter((rule) => rule.type === 'tool');
  const models = rules.filter((rule) => rule.type === 'model');
  const byPattern: TextRule[][] = policy.patterns.map(() => []);
  for (const rule of text) {
    if (rule.type === 'content_match') for (const pattern of rule.patterns) byPattern[pattern]?.push(rule);
  }
  const find = engine.finder(policy.patterns);
  const judge = (segment: Segment, matches: Iterable<PatternMatch>): Finding[] => [
    ...contentFindings(byPattern, segment, matches),
    ...characterFindings(characters, segment),
  ];
  const conclude = (all: readonly Finding[]): Pick<Verdict, 'findings' | 'decision'> => {
    const findings = oncePerMessage(all);
    return { findings, decision: decide(policy.mode, findings) };
  };
  return {
    policy,
    judge,
    conclude,
    mustHold: (segment) =>
      policy.mode === 'enforce' && text.some((rule) => reads(rule, segment) && !isHarmless(rule.action)),
    evaluate(input) {
      const counted = counterFindings(counters, input.metrics ?? {}, input.standing ?? []);
      const { findings, decision } = conclude([
        ...(text.length === 0 ? [] : (input.segments ?? []).flatMap((segment) => judge(segment, find(segment.text)))),
        ...toolFindings(tools, input.toolCalls ?? [], find),
        ...(input.model ? modelFindings(models, input.model) : []),
        ...counted,
      ]);
      return { findings, decision, standing: counted.map(({ rule }) => rule) };
    },
  };
}
