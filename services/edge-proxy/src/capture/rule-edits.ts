/** What a rule takes out of the traffic does not stay in the record. */
import { editedPiece, mergedEdits } from '../reply/replacement.ts';
import type { EdgePolicy } from '../tables/edge-policy.ts';

/** @returns the text of a reply as the rules of the policy that redact or sanitise leave it. */
export function asRulesLeaveIt(policy: EdgePolicy | null, text: string): string {
  if (policy === null || policy.compiled.mode !== 'enforce' || !policy.compiled.rules.some(edits)) return text;
  const { findings } = policy.evaluator.evaluate({
    segments: [{ side: 'response', role: 'assistant', kind: 'text', text, message: 0, place: '' }],
  });
  const all = findings
    .filter(edits)
    .flatMap(({ spans, rule }) => spans.map(({ start, end }) => ({ start, end, rule })));
  return all.length === 0 ? text : editedPiece(mergedEdits(all), 0, text);
}

const edits = ({ action }: { readonly action: string }): boolean => action === 'redact' || action === 'sanitize';
