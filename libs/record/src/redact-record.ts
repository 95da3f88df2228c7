/** What a caller says of itself is free text, and free text may hold a secret: it is redacted before it is kept or exported. */
import type { SessionRecord } from '@elida/contracts';
import { countUnder } from '@elida/session';

/** `redactObject` of libs/redaction: a copy with its strings redacted, those under a secret's name whatever they look like. */
export type RedactObject = <T>(value: T) => T;

/** Ids, addresses, counters and what operators configured stay. Names of models and tools are the caller's words. */
export function redactRecord(record: SessionRecord, redactObject: RedactObject): SessionRecord {
  const { agent, workflow, displayName, reason, tags, models, toolCounts } = record;
  const called = Object.keys(toolCounts);
  const asked = models.map(({ model }) => model);
  const { tools, names, ...said } = redactObject({
    agent,
    workflow,
    displayName,
    reason,
    tags,
    tools: called,
    names: asked,
  });
  const redacted: Record<string, number> = {};
  // Two names may look the same now.
  for (const [i, name] of tools.entries()) countUnder(redacted, name, toolCounts[called[i] ?? ''] ?? 0);
  return {
    ...record,
    ...said,
    models: models.map((use, i) => ({ ...use, model: names[i] ?? '' })),
    toolCounts: redacted,
  };
}
