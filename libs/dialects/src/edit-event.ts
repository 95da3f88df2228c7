/** Changing the text of a reply's event in place. */

import { editStrings, spliced, type TextEdit } from './json/edit-strings.ts';
import { decode, JSON_DEPTH_MAX, type JsonPath, parseJson } from './json/scan.ts';
import type { Place, ReplyEvent } from './reply.ts';
import { eventsIn } from './sse/events.ts';
import { utf8 } from './sse/frame.ts';

/**
 * @param bytes what the event was read from.
 * @returns the event's own bytes with these texts changed and all others as they came, but for the `logprobs` beside a
 *   changed text, which spell it again: they leave empty. Null where an edit cannot be made.
 */
export function editEvent(
  bytes: Uint8Array,
  event: Pick<ReplyEvent, 'start' | 'end' | 'dataStart' | 'dataEnd' | 'value'>,
  asked: readonly TextEdit[],
): Uint8Array | null {
  const own = bytes.subarray(event.start, event.end);
  if (asked.length === 0) return own;
  const edits = [...asked, ...logprobEdits(event.value, asked)];
  if (event.dataStart < 0) return editLines(own, edits);
  const data = bytes.subarray(event.dataStart, event.dataEnd);
  const edited = editStrings(data, edits);
  if (edited === null || edited === data) return edited === null ? null : own;
  const start = event.dataStart - event.start;
  return spliced(own, [{ start, end: start + data.length, bytes: edited }]);
}

/** Every object around a changed string may have them: a choice (Chat), an event or a part (Responses). */
function logprobEdits(root: unknown, edits: readonly TextEdit[]): readonly TextEdit[] {
  const found = new Map<object, TextEdit>();
  for (const { path } of edits) {
    let value: unknown = root;
    for (let depth = 0; depth < path.length && typeof value === 'object' && value !== null; depth++) {
      const { logprobs } = value as { readonly logprobs?: unknown };
      if (typeof logprobs === 'object' && logprobs !== null && path[depth] !== 'logprobs')
        found.set(logprobs, {
          path: [...path.slice(0, depth), 'logprobs'],
          inner: null,
          text: Array.isArray(logprobs) ? '[]' : 'null',
          json: true,
        });
      value = (value as Readonly<Record<string | number, unknown>>)[path[depth] ?? ''];
    }
  }
  return [...found.values()];
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
 * @param text the new arguments. Where the wire has an object, they must be JSON: strings in it are changed where they
 *   stand, and the object as a whole only where more than its strings is new.
 * @param rest whether an event before this one has taken the arguments.
 * @returns null where they cannot be changed in place.
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
    if (item.type !== 'tool_arguments' && item.type !== 'tool_begin') continue;
    if (item.index !== call.index || item.part !== call.part) continue;
    if (item.path === null) return null;
    if (item.type === 'tool_begin') continue;
    if (item.json === true) {
      const now = parseJson(text);
      if (typeof now !== 'object' || now === null) return null;
      edits.push(...objectEdits(item.path, item.text, now, text));
    } else edits.push({ path: item.path, inner: null, text: isTaken && !item.repeats ? '' : text });
    isTaken ||= !item.repeats;
  }
  return edits;
}

function objectEdits(path: JsonPath, before: string, now: object, text: string): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const isSame = stringEdits(parseJson(before), now, path, edits);
  return isSame ? edits : [{ path, inner: null, text, json: true }];
}

/** @returns whether nothing but strings differs. */
function stringEdits(before: unknown, now: unknown, path: JsonPath, edits: TextEdit[]): boolean {
  if (typeof before === 'string' && typeof now === 'string') {
    if (before !== now) edits.push({ path, inner: null, text: now });
    return true;
  }
  if (typeof before !== 'object' || typeof now !== 'object' || before === null || now === null) return before === now;
  if (Array.isArray(before) !== Array.isArray(now) || path.length > JSON_DEPTH_MAX) return false;
  const keys = Object.keys(before);
  if (keys.length !== Object.keys(now).length) return false;
  const at = (value: object, key: string): unknown => (value as Readonly<Record<string, unknown>>)[key];
  return keys.every(
    (key) =>
      Object.hasOwn(now, key) &&
      stringEdits(at(before, key), at(now, key), [...path, Array.isArray(before) ? Number(key) : key], edits),
  );
}
