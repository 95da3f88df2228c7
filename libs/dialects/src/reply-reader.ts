/** Reading a reply as it comes: events of a stream, lines of NDJSON, or one body. */
import { decode, isTooDeep, OPEN_BRACE, parseJson } from './json/scan.ts';
import type { EventReading, ReplyEvent, ReplyItem, ReplyReader } from './reply.ts';
import { eventsIn } from './sse/events.ts';
import { isEventStream } from './sse/frame.ts';

const NO_ITEMS: readonly ReplyItem[] = Object.freeze([]);

/** One JSON parse an event; a comment costs none. */
function itemsOf(data: string, reading: EventReading): { value: unknown; items: readonly ReplyItem[] } {
  // What nests without end is not walked: it is text like any other that nobody can read.
  const value = isTooDeep(data) ? undefined : parseJson(data);
  if (value === undefined) {
    const sign = data.trim();
    if (sign === '[DONE]') return { value, items: endOf(reading) };
    return { value, items: sign === '' ? NO_ITEMS : [{ type: 'unread', text: data }] };
  }
  const items: ReplyItem[] = [];
  reading.read(value, items);
  return { value, items };
}

function endOf(reading: EventReading): readonly ReplyItem[] {
  const items: ReplyItem[] = [];
  reading.end(items);
  return items;
}

/** Lines that are no field: clients of event streams leave them out, others may read nothing else. */
const strayItem = (text: string): ReplyItem => ({ type: 'unread', text });

const sseEvents = (bytes: Uint8Array, reading: EventReading): ReplyEvent[] =>
  eventsIn(bytes).map(({ start, end, dataStart, dataEnd, data, stray }) => {
    const { value, items } = data === null ? { value: undefined, items: NO_ITEMS } : itemsOf(data, reading);
    const all = stray === '' ? items : [strayItem(stray), ...items];
    return { start, end, dataStart, dataEnd, value, items: all };
  });

const sseReader = (reading: EventReading): ReplyReader => ({
  read: (bytes) => sseEvents(bytes, reading),
  end: () => endOf(reading),
});

/** Clients of streams do not ask for the content type. */
const LIKE_EVENTS = /(?:^|[\r\n])data:/;

/** A body that is no JSON in whole may be a stream to its client: events, or a document a line. */
function bodyEvents(bytes: Uint8Array, reading: EventReading): ReplyEvent[] {
  const end = bytes.length;
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const dataStart = hasMark ? 3 : 0;
  const text = decode(bytes.subarray(dataStart));
  const first = text.trimStart().charCodeAt(0);
  // What begins like JSON and is none is broken, or lines.
  const isWhole = isTooDeep(text) || parseJson(text) !== undefined;
  if (!isWhole && first !== OPEN_BRACE && LIKE_EVENTS.test(text)) return sseEvents(bytes, reading);
  if (!isWhole && first === OPEN_BRACE) return lineEvents(bytes, reading);
  return [{ start: 0, end, dataStart, dataEnd: end, ...itemsOf(text, reading) }];
}

const bodyReader = (reading: EventReading): ReplyReader => ({
  read: (bytes) => (bytes.length === 0 ? [] : bodyEvents(bytes, reading)),
  end: () => endOf(reading),
});

/** `data:` in front of a line, as in an event stream: its clients read on behind it. */
const DATA_LINE = /^data: ?/;

function lineEvents(bytes: Uint8Array, reading: EventReading): ReplyEvent[] {
  const events: ReplyEvent[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(10, start);
    const dataEnd = feed < 0 ? bytes.length : feed;
    const end = feed < 0 ? bytes.length : feed + 1;
    const line = decode(bytes.subarray(start, dataEnd));
    const field = DATA_LINE.exec(line)?.[0].length ?? 0;
    const read = itemsOf(field === 0 ? line : line.slice(field), reading);
    events.push({ start, end, dataStart: start + field, dataEnd, ...read });
    start = end;
  }
  return events;
}

const lineReader = (reading: EventReading): ReplyReader => ({
  read: (bytes) => lineEvents(bytes, reading),
  end: () => endOf(reading),
});

const isJson = (contentType: string): boolean => /^[^;]*[/+]json\s*(;|$)/i.test(contentType);
const isLines = (contentType: string): boolean =>
  /^application\/(x-)?(ndjson|jsonl|jsonlines)\s*(;|$)/i.test(contentType);

/** @returns null where a reply of this type is bytes to us (audio, files). */
export function readerFor(contentType: string, reading: () => EventReading): ReplyReader | null {
  if (isEventStream(contentType)) return sseReader(reading());
  if (isLines(contentType)) return lineReader(reading());
  return isJson(contentType) ? bodyReader(reading()) : null;
}
