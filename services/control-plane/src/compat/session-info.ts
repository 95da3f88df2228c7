/** A session in the seeds' words, with ours beside them. */
import type { SessionRecord, SessionState } from '@elida/contracts';
import { type RiskView, toInstant, toTokensView } from '@elida/contracts/api';

/** Their word where they had another one. */
const STATES: Readonly<Partial<Record<SessionState, string>>> = { timed_out: 'timeout' };
export const stateWord = (state: SessionState): string => STATES[state] ?? state;

/** Durations as they were printed: `1h2m3s`, `45s`. */
export function printDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}

const metadataOf = (record: SessionRecord): Record<string, string> => ({
  ...record.tags,
  ...(record.agent ? { agent: record.agent } : {}),
  ...(record.workflow ? { workflow: record.workflow } : {}),
  ...(record.parent ? { parent: record.parent } : {}),
});

/** Their word for a session below the first threshold. */
export const actionWord = ({ action }: Pick<RiskView, 'action'>): string => (action === 'none' ? 'observe' : action);

const usedBy = (record: SessionRecord, risk: RiskView): Record<string, unknown> => ({
  tool_calls: record.toolCalls,
  tool_call_counts: record.toolCounts,
  tokens_in: record.tokens.input,
  tokens_out: record.tokens.output,
  tokens: toTokensView(record.tokens),
  models: record.models.map((use) => ({ ...use, tokens: toTokensView(use.tokens) })),
  risk_score: risk.score,
  current_action: actionWord(risk),
  violation_count: record.violations,
});

/** @param now Unix ms. @param risk where it stands now. */
export function sessionInfo(record: SessionRecord, now: number, risk: RiskView): Record<string, unknown> {
  const end = record.endedAt || now;
  return {
    id: record.sid,
    state: stateWord(record.state),
    start_time: toInstant(record.startedAt),
    last_activity: toInstant(record.lastAt),
    ...(record.endedAt ? { end_time: toInstant(record.endedAt) } : {}),
    duration: printDuration(end - record.startedAt),
    idle_time: printDuration(end - record.lastAt),
    request_count: record.requests,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    backend: record.backend,
    backends_used: record.backendsUsed,
    client_addr: record.clientAddr,
    metadata: metadataOf(record),
    ...usedBy(record, risk),
    terminated: record.state === 'terminated',
    message_count: 0,
    display_name: record.displayName,
    incarnation: record.incarnation,
    principal: record.principal,
    tenant: record.tenant,
    ...(record.reason ? { reason: record.reason } : {}),
    ...(record.untilAt ? { blocked_until: toInstant(record.untilAt) } : {}),
  };
}

/** An ended incarnation, as it stood at its end. */
export const sessionRecordInfo = (
  record: SessionRecord,
  risk: RiskView,
  violations: readonly Record<string, unknown>[],
): Record<string, unknown> => ({
  id: record.sid,
  state: stateWord(record.state),
  start_time: toInstant(record.startedAt),
  end_time: toInstant(record.endedAt),
  duration_ms: Math.max(0, record.endedAt - record.startedAt),
  request_count: record.requests,
  bytes_in: record.bytesIn,
  bytes_out: record.bytesOut,
  backend: record.backend,
  backends_used: record.backendsUsed,
  client_addr: record.clientAddr,
  metadata: metadataOf(record),
  captured_content: [],
  ...usedBy(record, risk),
  violations,
  terminated: record.state === 'terminated',
  end_reason: record.endReason,
  display_name: record.displayName,
  incarnation: record.incarnation,
  principal: record.principal,
  tenant: record.tenant,
});
