/** A violation in the seeds' words, with ours beside them. */
import type { ViolationView } from '@elida/contracts/api';

/** @param withText whether the reader may see what callers and models said, redacted as it is. */
export const violationInfo = (violation: ViolationView, withText: boolean): Record<string, unknown> => ({
  id: violation.id,
  event_id: violation.event_id,
  timestamp: violation.at,
  request_id: violation.exchange,
  rule_name: violation.rule_name,
  description: violation.description,
  severity: violation.rule_severity,
  effective_severity: violation.effective_severity,
  source_role: violation.source_role,
  message_index: violation.message_index,
  side: violation.side,
  place: violation.place,
  match_start: violation.match_start,
  match_end: violation.match_end,
  hits: violation.hits,
  matched_text: withText ? violation.matched_text : '',
  value: violation.value,
  category: violation.category,
  event_category: violation.category,
  framework_ref: violation.owasp_llm_2025[0] ?? violation.owasp_llm_v1_1[0] ?? violation.mitre_atlas[0] ?? '',
  framework_refs: {
    owasp_llm_2025: violation.owasp_llm_2025,
    owasp_llm_v1_1: violation.owasp_llm_v1_1,
    mitre_atlas: violation.mitre_atlas,
  },
  action: violation.action,
  observe: violation.observe,
  enforced: violation.enforced,
  points: violation.points,
  policy: violation.policy,
  backend: violation.backend,
  model: violation.model,
  agent: violation.agent,
});
