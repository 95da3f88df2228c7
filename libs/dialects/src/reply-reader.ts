/** Reading a reply as it comes: events of a stream, lines of NDJSON, or one body. */
import { decode, isTooDeep, parseJson } from './json/scan.ts';
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

const sseReader = (reading: EventReading): ReplyReader => ({
  read: (bytes) =>
    eventsIn(bytes).map(({ start, end, dataStart, dataEnd, data }) => {
      const { value, items } = data === null ? { value: undefined, items: NO_ITEMS } : itemsOf(data, reading);
      return { start, end, dataStart, dataEnd, value, items };
    }),
  end: () => endOf(reading),
});

const bodyReader = (reading: EventReading): ReplyReader => ({
  read: (bytes) => {
    const end = bytes.length;
    return end === 0 ? [] : [{ start: 0, end, dataStart: 0, dataEnd: end, ...itemsOf(decode(bytes), reading) }];
  },
  end: () => endOf(reading),
});

const lineReader = (reading: EventReading): ReplyReader => ({
  read(bytes) {
    const events: ReplyEvent[] = [];
    for (let start = 0; start < bytes.length; ) {
      const feed = bytes.indexOf(10, start);
      const dataEnd = feed < 0 ? bytes.length : feed;
      const end = feed < 0 ? bytes.length : feed + 1;
      const read = itemsOf(decode(bytes.subarray(start, dataEnd)), reading);
      events.push({ start, end, dataStart: start, dataEnd, ...read });
      start = end;
    }
    return events;
  },
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
