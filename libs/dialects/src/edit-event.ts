/** Changing the text of a reply's event in place. */

import { editStrings, spliced, type TextEdit } from './json/edit-strings.ts';
import { decode } from './json/scan.ts';
import type { Place, ReplyEvent } from './reply.ts';
import { eventsIn } from './sse/events.ts';
import { utf8 } from './sse/frame.ts';

/**
 * @param bytes what the event was read from.
 * @returns the event's own bytes with these texts changed and all others as they came; null where an edit cannot be made.
 */
export function editEvent(
  bytes: Uint8Array,
  event: Pick<ReplyEvent, 'start' | 'end' | 'dataStart' | 'dataEnd'>,
  edits: readonly TextEdit[],
): Uint8Array | null {
  const own = bytes.subarray(event.start, event.end);
  if (edits.length === 0) return own;
  if (event.dataStart < 0) return editLines(own, edits);
  const data = bytes.subarray(event.dataStart, event.dataEnd);
  const edited = editStrings(data, edits);
  if (edited === null || edited === data) return edited === null ? null : own;
  const start = event.dataStart - event.start;
  return spliced(own, [{ start, end: start + data.length, bytes: edited }]);
}

/** Data on several lines: JSON broken between tokens. It leaves as one event with the same name, on as many lines. */
function editLines(event: Uint8Array, edits: readonly TextEdit[]): Uint8Array | null {
  const [raw] = eventsIn(event);
  if (raw === undefined || raw.data === null) return null;
  const edited = editStrings(utf8(raw.data), edits);
  if (edited === null) return null;
  const lines = decode(event).split(/\r\n|\n|\r/);
  const rest = lines.filter((line) => line !== '' && line !== 'data' && !line.startsWith('data:'));
  const data = decode(edited)
    .split('\n')
    .map((line) => `data: ${line}`);
  return utf8(`${[...rest, ...data].join('\n')}\n\n`);
}

/**
 * The edits that give a call other arguments: all of them in its first piece, nothing in the further ones, all of them
 * where the wire repeats them. To be asked for every event of the call, in order, and for the event that ends the reply.
 *
 * @param rest whether an event before this one has taken the arguments.
 * @returns null where they cannot be changed in place (written as an object).
 */
export function argumentEdits(
  event: Pick<ReplyEvent, 'items'>,
  call: Pick<Place, 'index' | 'part'>,
  text: string,
  rest: boolean,
): readonly TextEdit[] | null {
  const edits: TextEdit[] = [];
  let isTaken = rest;
  for (const item of event.items) {
    if (item.type !== 'tool_arguments' || item.index !== call.index || item.part !== call.part) continue;
    if (item.path === null) return null;
    edits.push({ path: item.path, inner: null, text: isTaken && !item.repeats ? '' : text });
    isTaken ||= !item.repeats;
  }
  return edits;
}
