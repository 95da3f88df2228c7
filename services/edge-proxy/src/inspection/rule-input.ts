/** What a request says, as the rules take it. */
import type { Segment as SaidSegment, ToolCall } from '@elida/dialects';
import type { ToolCall as JudgedCall, Segment } from '@elida/policy';
import type { Pace } from './pace.ts';

/** A text that has not been inspected before: as the request says it, and as the rules take it. */
export interface NewText {
  readonly said: SaidSegment;
  readonly segment: Segment;
}

export async function newTexts(
  segments: readonly SaidSegment[],
  isNew: (said: SaidSegment) => boolean,
  pace: Pace,
): Promise<NewText[]> {
  const texts: NewText[] = [];
  for (const said of segments) {
    if (isNew(said)) texts.push({ said, segment: toRuleSegment(said) });
    if (pace.due) await pace.giveWay();
  }
  return texts;
}

const toRuleSegment = (said: SaidSegment): Segment => ({
  side: 'request',
  role: said.role,
  kind: said.kind,
  text: said.text,
  message: said.messageIndex,
  place: placeOf(said),
});

/** `messages.3.content.0.text`; behind `#` the place in a string that is JSON itself. One text, one place. */
export const placeOf = ({ path, inner }: SaidSegment): string =>
  inner === null ? path.join('.') : `${path.join('.')}#${inner.join('.')}`;

/** Parsed where the arguments are JSON; a free text, and what no parser takes, is judged as it stands. */
export function toRuleCall({ id, name, arguments: text }: ToolCall): JudgedCall {
  // A wire without ids: then the call is told by what it does.
  return { id: id === '' ? `${name} ${text}` : id, name, arguments: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
