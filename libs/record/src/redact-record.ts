/** What a caller says of itself is free text, and free text may hold a secret: it is redacted before it is kept or exported. */
import type { SessionRecord } from '@elida/contracts';

/** @param redact of libs/redaction, as configured. Ids, addresses, counters and what operators configured stay. */
export const redactRecord = (record: SessionRecord, redact: (text: string) => string): SessionRecord => ({
  ...record,
  agent: redact(record.agent),
  workflow: redact(record.workflow),
  reason: redact(record.reason),
  // A pair as one text: `api_key:…` is a secret by its key.
  tags: Object.fromEntries(
    Object.entries(record.tags).map(([key, value]) => [redact(key), redactValue(key, value, redact)]),
  ),
});

function redactValue(key: string, value: string, redact: (text: string) => string): string {
  const prefix = `${key}: `;
  const pair = redact(prefix + value);
  return pair.startsWith(prefix) ? redact(pair.slice(prefix.length)) : redact(value);
}
