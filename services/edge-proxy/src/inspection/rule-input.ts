/** What a request says, as the rules take it. */
import type { Segment as SaidSegment, ToolCall } from '@elida/dialects';
import type { ToolCall as JudgedCall, Segment } from '@elida/policy';

export const toRuleSegment = (said: SaidSegment): Segment => ({
  side: 'request',
  role: said.role,
  kind: said.kind,
  text: said.text,
  message: said.messageIndex,
  place: placeOf(said),
});

/** `messages.3.content.0.text`; behind `#` the place in a string that is JSON itself. One text, one place. */
const placeOf = ({ path, inner }: SaidSegment): string =>
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
