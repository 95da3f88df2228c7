/** Makes events. Pure: ids, sequence and time come in with the stamp. */
import type { AuditEvent, EventType, SessionRecord, Severity } from '@elida/contracts';
import type { EventData, SessionData } from './event-data.ts';

/** Who wrote it, when: given by the recorder of each process. */
export interface Stamp {
  /** UUIDv7; UUIDv5 of `endEventName` where an end must be recorded once. */
  readonly eventId: string;
  readonly producer: string;
  readonly seq: number;
  /** Unix ms. */
  readonly occurredAt: number;
}

/** What it is about. Session and incarnation: '' and 0 where it concerns none. */
export interface Subject {
  readonly tenant: string;
  readonly session: string;
  readonly incarnation: number;
}

const SEVERITY: Readonly<Partial<Record<EventType, Severity>>> = {
  kill_requested: 'warning',
  kill_applied: 'warning',
  terminate_requested: 'warning',
  block_set: 'warning',
  audit_gap: 'critical',
};

export function buildEvent<T extends EventType>(
  type: T,
  stamp: Stamp,
  { tenant, session, incarnation }: Subject,
  data: EventData[T],
): AuditEvent {
  const { eventId, producer, seq, occurredAt } = stamp;
  const severity = SEVERITY[type] ?? 'info';
  return { eventId, tenant, producer, seq, occurredAt, type, session, incarnation, severity, data: { ...data } };
}

export const subjectOf = ({ tenant, sid, incarnation }: SessionRecord): Subject => ({
  tenant,
  session: sid,
  incarnation,
});

const sessionData = (record: SessionRecord): SessionData => ({
  principal: record.principal,
  agent: record.agent,
  backend: record.backend,
  display_name: record.displayName,
  hint_kind: record.hintKind,
  client_addr: record.clientAddr,
  parent: record.parent,
});

export const sessionStarted = (stamp: Stamp, record: SessionRecord): AuditEvent =>
  buildEvent('session_started', stamp, subjectOf(record), sessionData(record));

/** Input of uuidv5: however often and by whomever an end is recorded, it is one event. */
export const endEventName = ({ sid, incarnation }: { readonly sid: string; readonly incarnation: number }): string =>
  `session_ended/${sid}/${incarnation}`;

export function sessionEnded(stamp: Stamp, record: SessionRecord): AuditEvent {
  const { state, endReason, startedAt, endedAt, requests, bytesIn, bytesOut } = record;
  return buildEvent('session_ended', stamp, subjectOf(record), {
    ...sessionData(record),
    state,
    end_reason: endReason,
    duration_ms: Math.max(0, endedAt - startedAt),
    requests,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
  });
}
