/** Findings, what was decided and the ladder's steps, as events and numbers. */

import type { Decision, Finding, LadderStep } from '@elida/policy';
import { isHarmless } from '@elida/policy';
import type { PolicyActionData, ViolationData } from '@elida/record';
import type { Found } from './inspection/found.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { Recorder } from './recorder.ts';
import { replacementOf } from './reply/replacement.ts';
import type { RunningExchange } from './running-exchange.ts';
import { type EdgePolicy, publicReason } from './tables/edge-policy.ts';

/** Characters of what matched. What is redacted is looked at whole up to a bound, so that no cut hides a half from it. */
const MATCHED_CHARS_MAX = 200;
const LOOKED_AT_CHARS_MAX = 4_096;
const PLACE_CHARS_MAX = 200;

export class ViolationRecorder {
  readonly #recorder: Recorder;
  readonly #metrics: EdgeMetrics;
  readonly #redact: (text: string) => string;

  constructor(recorder: Recorder, metrics: EdgeMetrics, redact: (text: string) => string) {
    this.#recorder = recorder;
    this.#metrics = metrics;
    this.#redact = redact;
  }

  found(exchange: RunningExchange, policy: EdgePolicy, fresh: readonly Found[]): void {
    const { whose } = exchange;
    for (const { finding, matched } of fresh) {
      const enforced = policy.compiled.mode === 'enforce' && !finding.observe;
      this.#metrics.violations.add({ tenant: whose.tenant, outcome: enforced ? finding.action : 'observe' });
      this.#recorder.record({
        ...ofExchange(exchange),
        type: 'violation_detected',
        severity: finding.effectiveSeverity,
        said: { place: finding.place.slice(0, PLACE_CHARS_MAX), model: exchange.model, agent: whose.agent },
        data: { ...violationData(exchange, policy, finding), matched_text: this.#shown(finding, matched), enforced },
      });
    }
  }

  /** What the rules decided, where it is more than to note it. Of what stood already only that it was stopped again. */
  decided(exchange: RunningExchange, policy: EdgePolicy, decision: Decision, fresh: readonly Found[]): void {
    const { action, would, rule } = decision;
    if (rule === null || would === 'allow' || isHarmless(would)) return;
    const isNew = fresh.some(({ finding }) => finding.rule === rule);
    const isEdit = action === 'redact' || action === 'sanitize' || action === 'flag';
    if (!isNew && isEdit) return;
    this.#action(exchange, {
      source: 'rule',
      action,
      would,
      enforced: action === would,
      rule_name: rule,
      reason: publicReason(policy, rule),
    });
  }

  climbed(exchange: RunningExchange, step: LadderStep): void {
    const { action, enforced } = step;
    this.#action(exchange, {
      source: 'ladder',
      action: enforced ? action : 'none',
      would: action,
      enforced,
      rule_name: '',
      reason: '',
      arithmetic: { ...step },
    });
  }

  #action(exchange: RunningExchange, said: Omit<PolicyActionData, 'exchange' | 'policy'>): void {
    const data: PolicyActionData = { exchange: exchange.id, policy: exchange.policy?.label ?? '', ...said };
    this.#recorder.record({ ...ofExchange(exchange), type: 'policy_action', severity: 'warning', data: { ...data } });
  }

  #shown({ action, rule }: Finding, matched: string): string {
    // What a rule takes out of the traffic does not stay in the record.
    if (action === 'redact' || action === 'sanitize') return matched === '' ? '' : replacementOf(rule);
    return this.#redact(matched.slice(0, LOOKED_AT_CHARS_MAX)).slice(0, MATCHED_CHARS_MAX);
  }
}

const ofExchange = ({ whose, incarnation }: RunningExchange) => ({
  tenant: whose.tenant || 'default',
  session: whose.sid,
  incarnation,
});

type Own = Omit<ViolationData, 'matched_text' | 'enforced' | 'place' | 'model' | 'agent'>;

const violationData = ({ id, whose }: RunningExchange, policy: EdgePolicy, finding: Finding): Own => ({
  exchange: id,
  policy: policy.label,
  rule_name: finding.rule,
  description: finding.description,
  rule_severity: finding.severity,
  effective_severity: finding.effectiveSeverity,
  source_role: finding.role,
  side: finding.side,
  message_index: finding.message,
  match_start: finding.spans[0]?.start ?? -1,
  match_end: finding.spans[0]?.end ?? -1,
  hits: finding.hits,
  value: finding.value ?? null,
  category: finding.category,
  owasp_llm_2025: finding.refs.owaspLlm2025,
  owasp_llm_v1_1: finding.refs.owaspLlmV11,
  mitre_atlas: finding.refs.mitreAtlas,
  action: finding.action,
  observe: finding.observe,
  points: finding.points,
  backend: whose.backend,
});
