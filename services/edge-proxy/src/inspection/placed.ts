/** Findings back in the texts of the request: what makes each itself, and what the texts are to say instead. */
import type { RequestContent, Segment as SaidSegment, TextEdit } from '@elida/dialects';
import type { Finding } from '@elida/policy';
import { editedPiece, mergedEdits } from '../reply/replacement.ts';
import type { Found } from './found.ts';
import { toRuleSegment } from './rule-input.ts';

export interface Placed {
  readonly said: SaidSegment;
  /** How often the same text stood before it. */
  readonly before: number;
}
export type Places = ReadonlyMap<string, Placed>;

/** By place, of the whole conversation: what is new may say again what was said before. */
export function placesOf({ segments }: RequestContent): Places {
  const times = new Map<string, number>();
  const places = new Map<string, Placed>();
  for (const said of segments) {
    const before = times.get(said.text) ?? 0;
    times.set(said.text, before + 1);
    places.set(toRuleSegment(said).place, { said, before });
  }
  return places;
}

export function foundOf(finding: Finding, places: Places): Found {
  const placed = finding.side === 'request' && finding.role !== 'session' ? places.get(finding.place) : undefined;
  // Of a model: which one, so that another is another.
  if (placed === undefined) return { finding, matched: '', identity: finding.place };
  const { text } = placed.said;
  const span = finding.spans[0];
  return {
    finding,
    matched: span === undefined ? '' : text.slice(span.start, span.end),
    identity: `${placed.before}\0${text}`,
  };
}

export const isEdit = ({ action }: Finding): boolean => action === 'redact' || action === 'sanitize';

export function editsOf(findings: readonly Finding[], places: Places): TextEdit[] {
  const byPlace = Map.groupBy(findings.filter(isEdit), ({ place }) => place);
  return [...byPlace].flatMap(([place, group]) => {
    const placed = places.get(place);
    if (placed === undefined) return [];
    const { said } = placed;
    const spans = group.flatMap(({ rule, spans }) => spans.map(({ start, end }) => ({ rule, start, end })));
    return [{ path: said.path, inner: said.inner, text: editedPiece(mergedEdits(spans), 0, said.text) }];
  });
}
