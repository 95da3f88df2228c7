/** What a caller says of itself is free text, and free text may hold a secret: it is redacted before it is kept or exported. */
import type { SessionRecord } from '@elida/contracts';

/** `redactObject` of libs/redaction: a copy with its strings redacted, those under a secret's name whatever they look like. */
export type RedactObject = <T>(value: T) => T;

/** Ids, addresses, counters and what operators configured stay. */
export function redactRecord(record: SessionRecord, redactObject: RedactObject): SessionRecord {
  const { agent, workflow, displayName, reason, tags } = record;
  return { ...record, ...redactObject({ agent, workflow, displayName, reason, tags }) };
}
