/** Audit events: what happened, when it happened. `data` is redacted before it gets here. */
export const EVENT_TYPES = [
  'session_started',
  'session_ended',
  'session_state_changed',
  'exchange',
  'tokens_used',
  'tool_called',
  'violation_detected',
  'policy_action',
  'capture_recorded',
  'kill_requested',
  'kill_applied',
  'hold_requested',
  'resume_requested',
  'terminate_requested',
  'end_requested',
  'block_set',
  'block_lifted',
  'policy_published',
  'settings_changed',
  'key_created',
  'key_revoked',
  'access',
  'audit_gap',
  'retention_applied',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export type Severity = '' | 'info' | 'warning' | 'critical';

export interface AuditEvent {
  readonly eventId: string;
  readonly tenant: string;
  readonly producer: string;
  /** Per producer, starting at 1, without gaps. */
  readonly seq: number;
  /** Unix ms. */
  readonly occurredAt: number;
  readonly type: EventType;
  readonly session: string;
  readonly incarnation: number;
  readonly severity: Severity;
  readonly data: Readonly<Record<string, unknown>>;
}
