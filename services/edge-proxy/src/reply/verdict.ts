/** The one place that decides what becomes of a reply: findings in, what to do out. */
import { type Decision, type Finding, isHarmless, type PatternMatch, type Segment } from '@elida/policy';
import { type EdgePolicy, publicReason } from '../tables/edge-policy.ts';
import type { Edit } from './replacement.ts';

/** A rule ends the reply. `block`: this reply alone; `kill` and `terminate`: the session as well. */
export interface ReplyStop {
  readonly action: 'block' | 'kill' | 'terminate';
  readonly rule: string;
  /** The caller may read it. */
  readonly reason: string;
}

/** What was found in a reply: each finding with the words that it is about, and the decision. */
export interface ReplyVerdict {
  readonly found: readonly { readonly finding: Finding; readonly matched: string }[];
  readonly decision: Decision;
}

export interface Ruling {
  readonly stop: ReplyStop | null;
  /** What must not leave as it is. */
  readonly edits: readonly Edit[];
}

export const PASS: Ruling = { stop: null, edits: [] };

/** What a person may read where no rule of the policy's own decides. */
const OWN_REASONS: Readonly<Record<string, string>> = {
  ambiguous_tool_arguments: 'A tool call whose arguments can be read in more than one way was stopped',
  uninspectable_reply: 'The reply cannot be inspected',
};

export type OwnRule = 'ambiguous_tool_arguments' | 'uninspectable_reply';

export class Judge {
  readonly policy: EdgePolicy;
  /** How often something was found; what was found is told by the texts and calls. */
  found = 0;
  /** Whether any rule does more to a reply than flag it. */
  readonly acts: boolean;

  constructor(policy: EdgePolicy) {
    this.policy = policy;
    this.acts = actsOnReplies(policy);
  }

  findings(segment: Segment, matches: Iterable<PatternMatch>): Finding[] {
    return this.policy.evaluator.judge(segment, matches);
  }

  /** In audit mode everything passes. */
  rule(findings: readonly Finding[]): Ruling {
    if (findings.length === 0) return PASS;
    this.found += findings.length;
    const { action, rule } = this.policy.evaluator.conclude(findings).decision;
    switch (action) {
      case 'block':
      case 'kill':
      case 'terminate':
        return { stop: this.stop(action, rule ?? ''), edits: [] };
      // Approval of calls comes later; until then what waits for it does not run.
      case 'hold':
        return { stop: this.stop('block', rule ?? ''), edits: [] };
      case 'redact':
      case 'sanitize':
        return { stop: null, edits: findings.flatMap(editsOf) };
      default:
        return PASS;
    }
  }

  stop(action: ReplyStop['action'], rule: string): ReplyStop {
    return { action, rule, reason: OWN_REASONS[rule] ?? publicReason(this.policy, rule) };
  }
}

export const actsOnReplies = ({ compiled }: EdgePolicy): boolean =>
  compiled.mode === 'enforce' &&
  compiled.rules.some(
    (rule) => !isHarmless(rule.action) && (rule.type === 'tool' || ('target' in rule && rule.target !== 'request')),
  );

const editsOf = ({ action, spans, rule }: Finding): Edit[] =>
  action === 'redact' || action === 'sanitize' ? spans.map(({ start, end }) => ({ start, end, rule })) : [];

/** What is found without a rule of the policy's: the reply cannot be judged. */
export const ownFinding = (rule: OwnRule, action: 'block' | 'flag', message: number, place: string): Finding => ({
  rule,
  description: OWN_REASONS[rule] ?? rule,
  severity: 'warning',
  effectiveSeverity: 'warning',
  role: 'assistant',
  side: 'response',
  message,
  place,
  spans: [],
  hits: 1,
  category: 'uninspectable',
  refs: { owaspLlm2025: [], owaspLlmV11: [], mitreAtlas: [] },
  action,
  observe: false,
  points: 0,
});
