/** Policies as the control plane puts them into a snapshot, from documents as people write them. */
import { createHash } from 'node:crypto';
import { compilePolicy, scanEngine } from '@elida/policy';
import type { SnapshotInit } from './edge.ts';

type Entry = NonNullable<SnapshotInit['policies']>[number];

/** @throws Error where the document does not compile. */
export function policyEntry(document: Record<string, unknown>, more: Partial<Entry> = {}): Entry {
  const compilation = compilePolicy(document, { engine: scanEngine });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.problems));
  const compiledJson = JSON.stringify(compilation.policy);
  const hash = createHash('sha256').update(compiledJson).digest('hex');
  return { name: 'main', version: 1, compiledJson, hash, ...more } as Entry;
}

/** One rule on what users say. Severity and ladder are such that nothing but the rule acts. */
export const rule = (name: string, action: string, pattern: string, more: Record<string, unknown> = {}) => ({
  ...{ name, type: 'content_match', patterns: [pattern], action, severity: 'info', description: `about ${pattern}` },
  ...more,
});

export const noLadder = { risk_ladder: { enabled: false } };
