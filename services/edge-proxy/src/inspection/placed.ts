/** Findings back in the texts of the request: what makes each itself, and what the texts are to say instead. */
import type { RequestContent, Segment as SaidSegment, TextEdit } from '@elida/dialects';
import type { Finding } from '@elida/policy';
import { type Edit, editedPiece, mergedEdits, replacementOf } from '../reply/replacement.ts';
import type { Found } from './found.ts';
import { type CrossingFinding, isCrossing, type Part } from './joined.ts';
import type { Pace } from './pace.ts';
import { placeOf } from './rule-input.ts';

export interface Placed {
  readonly said: SaidSegment;
  /** How often the same text stood before it. */
  readonly before: number;
}
export type Places = ReadonlyMap<string, Placed>;

/** By place, of the whole conversation: what is new may say again what was said before. */
export async function placesOf({ segments }: RequestContent, pace: Pace): Promise<Places> {
  const times = new Map<string, number>();
  const places = new Map<string, Placed>();
  for (const said of segments) {
    const before = times.get(said.text) ?? 0;
    times.set(said.text, before + 1);
    places.set(placeOf(said), { said, before });
    if (pace.due) await pace.giveWay();
  }
  return places;
}

export function foundOf(finding: Finding, places: Places): Found {
  if (isCrossing(finding)) return foundAcross(finding);
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

/** What matched is what makes it itself: the same words cut elsewhere are the same. */
function foundAcross(finding: CrossingFinding): Found {
  const { joined, stretches } = finding;
  const matched = joined.segment.text.slice(stretches[0]?.start ?? 0, stretches[0]?.end ?? 0);
  return { finding, matched, identity: matched };
}

export const isEdit = ({ action }: Finding): boolean => action === 'redact' || action === 'sanitize';

export function editsOf(findings: readonly Finding[], places: Places): TextEdit[] {
  const edits = findings.filter(isEdit);
  const byPlace = Map.groupBy(
    edits.filter((finding) => !isCrossing(finding)),
    ({ place }) => place,
  );
  const byJoined = Map.groupBy(edits.filter(isCrossing), ({ joined }) => joined);
  const across = [...byJoined].flatMap(([{ parts }, group]) => {
    const all = group.flatMap(({ rule, stretches }) => stretches.map(({ start, end }) => ({ rule, start, end })));
    // What is edited in a part of its own accord is edited along with it.
    for (const { place, start } of parts) {
      for (const edit of ownEdits(byPlace.get(place) ?? [], start)) all.push(edit);
      byPlace.delete(place);
    }
    return editedParts(parts, mergedEdits(all));
  });
  const alone = [...byPlace].flatMap(([place, group]) => {
    const placed = places.get(place);
    if (placed === undefined) return [];
    const { said } = placed;
    return [{ path: said.path, inner: said.inner, text: editedPiece(mergedEdits(ownEdits(group, 0)), 0, said.text) }];
  });
  return [...across, ...alone];
}

const ownEdits = (findings: readonly Finding[], from: number): Edit[] =>
  findings.flatMap(({ rule, spans }) =>
    spans.map(({ start, end }) => ({ rule, start: from + start, end: from + end })),
  );

/** @param edits merged, offsets in the joined text. Each part sees only its own: there may be many of both. */
function editedParts(parts: readonly Part[], edits: readonly Edit[]): TextEdit[] {
  const out: TextEdit[] = [];
  let next = 0;
  for (const { said, start } of parts) {
    const end = start + said.text.length;
    while (next < edits.length && (edits[next]?.end ?? 0) <= start) next++;
    let upTo = next;
    while (upTo < edits.length && (edits[upTo]?.start ?? 0) < end) upTo++;
    const own = edits.slice(next, upTo);
    const [first] = own;
    if (first === undefined) continue;
    const text = editedPiece(own, start, said.text);
    // Providers refuse parts that say nothing.
    out.push({ path: said.path, inner: said.inner, text: text.trim() === '' ? replacementOf(first.rule) : text });
  }
  return out;
}
