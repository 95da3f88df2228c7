/** The vocabulary of risk: how bad, and whose words. The numbers are the seed's table. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type RuleSeverity = (typeof SEVERITIES)[number];

/** Whose words. `developer` counts as `system`. */
export const RULE_ROLES = ['user', 'tool', 'assistant', 'system'] as const;
export type RuleRole = (typeof RULE_ROLES)[number];

/** `session`: nobody's words, but a counter or the model that was asked for. */
export type RiskRole = RuleRole | 'session';

export const SEVERITY_WEIGHT: Readonly<Record<RuleSeverity, number>> = { info: 1, warning: 3, critical: 10 };
export const ROLE_WEIGHT: Readonly<Record<RiskRole, number>> = {
  user: 1,
  tool: 0.8,
  assistant: 0.2,
  system: 0.1,
  session: 1,
};

/** Points that one finding adds at its time. */
export const pointsOf = (severity: RuleSeverity, role: RiskRole): number =>
  SEVERITY_WEIGHT[severity] * ROLE_WEIGHT[role];

/** What the finding weighs once its speaker is known, back in words. */
export function effectiveSeverity(severity: RuleSeverity, role: RiskRole): RuleSeverity {
  const points = pointsOf(severity, role);
  if (points >= 5) return 'critical';
  return points >= 1.5 ? 'warning' : 'info';
}
