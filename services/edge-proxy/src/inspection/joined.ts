/** Parts of one message as the one text that a model reads, for what is said across them and by none alone. */
import type { Segment as SaidSegment } from '@elida/dialects';
import type { Finding, Segment, Span } from '@elida/policy';
import type { Pace } from './pace.ts';
import type { NewText } from './rule-input.ts';

export interface Part {
  readonly said: SaidSegment;
  readonly place: string;
  /** Where it begins in the joined text, UTF-16. */
  readonly start: number;
}

/** At least two parts, none of them empty. */
export interface Joined {
  /** Of the first part; `text` is all of them with nothing between. */
  readonly segment: Segment;
  readonly parts: readonly Part[];
}

/** Its place is that of the part where the first stretch begins, its span what of the stretch stands there. */
export interface CrossingFinding extends Finding {
  readonly joined: Joined;
  /** As `spans` of a finding, in the joined text. */
  readonly stretches: readonly Span[];
}

export const isCrossing = (finding: Finding): finding is CrossingFinding => 'stretches' in finding;

/**
 * What providers put together: texts of one speaker in one message, parts of the result of one call. Other kinds (documents,
 * definitions, arguments) are each a thing of their own.
 */
export async function joinedOf(texts: readonly NewText[], pace: Pace): Promise<Joined[]> {
  const groups = new Map<string, NewText[]>();
  for (const one of texts) {
    if (pace.due) await pace.giveWay();
    const { role, kind, messageIndex, callId, text } = one.said;
    if (text === '' || (kind !== 'text' && kind !== 'tool_result')) continue;
    const key = `${messageIndex} ${role} ${kind} ${callId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const all: Joined[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (first !== undefined && group.length > 1) all.push(joinedOfGroup(first, group));
    if (pace.due) await pace.giveWay();
  }
  return all;
}

function joinedOfGroup(first: NewText, group: readonly NewText[]): Joined {
  const parts: Part[] = [];
  let start = 0;
  for (const { said, segment } of group) {
    parts.push({ said, place: segment.place, start });
    start += said.text.length;
  }
  return { segment: { ...first.segment, text: parts.map(({ said }) => said.text).join('') }, parts };
}

/** Index of the part in which a unit of the joined text stands. */
export function partAt(parts: readonly Part[], offset: number): number {
  let low = 0;
  let high = parts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((parts[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
