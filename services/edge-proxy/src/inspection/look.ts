/** One request before its policy: what of it is new, what the rules find there, and what follows for its text. */
import { messageTexts, type RequestContent, type Segment as SaidSegment, type TextEdit } from '@elida/dialects';
import type { Installation } from '@elida/kernel';
import type { Decision, Finding, Segment } from '@elida/policy';
import type { InspectedHead } from '@elida/session';
import { editedPiece, mergedEdits } from '../reply/replacement.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import type { Found } from './found.ts';
import { headOf, historyOf, type Inspected, inspectedOf, secretOf } from './history.ts';
import { measure } from './measure.ts';
import type { Pace } from './pace.ts';
import { judgedCall } from './past-calls.ts';
import { scanSegments, toRuleSegment } from './scan-segments.ts';

export interface Looked {
  readonly found: readonly Found[];
  readonly decision: Decision;
  /** What the text is to say instead; empty in audit mode. */
  readonly edits: readonly TextEdit[];
  /** The conversation as far as it needs no further look; null: no further than before. */
  readonly head: (InspectedHead & { readonly replaces: string }) | null;
  /** UTF-16 units that were read against the rules. */
  readonly scanned: number;
}

export interface Looking {
  readonly policy: EdgePolicy;
  readonly exchange: RunningExchange;
  readonly bytesIn: number;
  readonly installation: Installation;
  readonly pace: Pace;
}

/** @param content null: the body carries nothing that can be read; counters and the model are looked at all the same. */
export async function look(looking: Looking, content: RequestContent | null): Promise<Looked> {
  const { policy, exchange, bytesIn, installation, pace } = looking;
  const history =
    content === null ? null : await historyOf(secretOf(installation), policy.hash, messageTexts(content), pace);
  const known = history === null ? NOTHING : inspectedOf(history, exchange.seen.inspected);
  const isNew = ({ messageIndex }: { readonly messageIndex: number }): boolean =>
    messageIndex < 0 ? !known.outside : messageIndex >= known.count;
  const segments = content === null ? [] : content.segments.filter(isNew).map(toRuleSegment);
  const inTexts = await scanSegments(policy, segments, pace);
  const rest = policy.evaluator.evaluate({
    toolCalls: content === null ? [] : content.calls.filter(isNew).map(judgedCall),
    model: exchange.model,
    metrics: measure(policy, exchange, bytesIn, content),
  });
  const { findings, decision } = policy.evaluator.conclude([...inTexts, ...rest.findings]);
  const places = findings.length === 0 || content === null ? NO_PLACES : placesOf(content);
  const edits = policy.compiled.mode === 'enforce' ? editsOf(findings, places) : [];
  return {
    found: findings.map((finding) => foundOf(finding, places)),
    decision,
    edits,
    head: history === null || content === null ? null : nextHead(history, known, content, findings, edits.length > 0),
    scanned: segments.reduce((sum, { text }) => sum + text.length, 0),
  };
}

const NOTHING: Inspected = { count: 0, outside: false, replaces: '' };

interface Placed {
  readonly said: SaidSegment;
  readonly segment: Segment;
  /** How often the same text stood before it. */
  readonly before: number;
}
const NO_PLACES: ReadonlyMap<string, Placed> = new Map();

/** Of the whole conversation: what is new may say again what was said before. */
function placesOf({ segments }: RequestContent): ReadonlyMap<string, Placed> {
  const times = new Map<string, number>();
  const places = new Map<string, Placed>();
  for (const said of segments) {
    const segment = toRuleSegment(said);
    const before = times.get(said.text) ?? 0;
    times.set(said.text, before + 1);
    places.set(segment.place, { said, segment, before });
  }
  return places;
}

function foundOf(finding: Finding, places: ReadonlyMap<string, Placed>): Found {
  const placed = finding.side === 'request' && finding.role !== 'session' ? places.get(finding.place) : undefined;
  // Of a model: which one, so that another is another.
  if (placed === undefined) return { finding, matched: '', identity: finding.place };
  const { text } = placed.segment;
  const span = finding.spans[0];
  return {
    finding,
    matched: span === undefined ? '' : text.slice(span.start, span.end),
    identity: `${placed.before}\0${text}`,
  };
}

const edits = ({ action }: Finding): boolean => action === 'redact' || action === 'sanitize';

function editsOf(findings: readonly Finding[], places: ReadonlyMap<string, Placed>): TextEdit[] {
  const byPlace = Map.groupBy(findings.filter(edits), ({ place }) => place);
  return [...byPlace].flatMap(([place, group]) => {
    const placed = places.get(place);
    if (placed === undefined) return [];
    const { said } = placed;
    const spans = group.flatMap(({ rule, spans }) => spans.map(({ start, end }) => ({ rule, start, end })));
    return [{ path: said.path, inner: said.inner, text: editedPiece(mergedEdits(spans), 0, said.text) }];
  });
}

/** What is edited must be edited again next turn, when the client sends it as it was: it is never behind a head. */
function nextHead(
  history: Parameters<typeof headOf>[0],
  { count, outside, replaces }: Inspected,
  { messages }: RequestContent,
  findings: readonly Finding[],
  edited: boolean,
): Looked['head'] {
  // What is no conversation is not gone on from.
  if (messages === 0) return null;
  const open = edited ? findings.filter(edits).map(({ message }) => message) : [];
  const clean = open.every((message) => message >= 0);
  const upTo = Math.max(count, Math.min(messages, ...open.filter((message) => message >= 0)));
  if (upTo === 0 && !clean) return null;
  const head = headOf(history, upTo, clean);
  const isSame = head.hash === replaces || (upTo === count && outside && !clean);
  return isSame ? null : { ...head, replaces };
}
