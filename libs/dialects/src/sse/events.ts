/** The events in a piece of a stream (WHATWG HTML §9.2.6): where each begins and ends, its name, and its data. */
import { decode } from '../json/scan.ts';

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

export interface RawEvent {
  /** Byte offsets of the event with its blank line, and what stands before it that is none. */
  readonly start: number;
  readonly end: number;
  /** Of the data, where it is one line of the event; −1 and −1 where it is none or several. */
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Lines of data joined by LF; null at the end of the bytes, where nothing has any (comments, blank lines). */
  readonly data: string | null;
  /** Lines that are no field of an event stream: what a client reads that does not take the body for one. Empty: none. */
  readonly stray: string;
}

/**
 * @param bytes whole events; a last one without a blank line is taken as an event too, since some clients read it.
 * @returns events that cover all the bytes.
 */
export function eventsIn(bytes: Uint8Array): RawEvent[] {
  const events: RawEvent[] = [];
  let at = 0;
  while (at < bytes.length) {
    const event = eventAt(bytes, at);
    events.push(event);
    at = event.end;
  }
  return events;
}

function eventAt(bytes: Uint8Array, start: number): RawEvent {
  let dataStart = -1;
  let dataEnd = -1;
  let data: string | null = null;
  let stray = '';
  let at = start;
  // The stream may begin with a byte order mark.
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
  while (at < bytes.length) {
    const lineEnd = endOfLine(bytes, at);
    const next = behindBreak(bytes, lineEnd);
    // Blank lines and comments alone are no event: a megabyte of them is not a million objects.
    if (lineEnd === at && (data !== null || stray !== '')) return { start, end: next, dataStart, dataEnd, data, stray };
    const from = dataFrom(bytes, at, lineEnd);
    if (from >= 0) {
      const line = decode(bytes.subarray(from, lineEnd));
      dataStart = data === null ? from : -1;
      dataEnd = data === null ? lineEnd : -1;
      data = data === null ? line : `${data}\n${line}`;
    } else if (lineEnd > at && !isField(bytes, at, lineEnd)) stray += `${decode(bytes.subarray(at, lineEnd))}\n`;
    at = next;
  }
  return { start, end: bytes.length, dataStart, dataEnd, data, stray };
}

function endOfLine(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) break;
  }
  return at;
}

function behindBreak(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return at;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}

/** `data`, `data:` or `data: `. @returns where the value begins, −1 for other lines. */
function dataFrom(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== 0x64 || bytes[at + 1] !== 0x61 || bytes[at + 2] !== 0x74 || bytes[at + 3] !== 0x61) return -1;
  if (at + 4 === end) return end;
  if (at + 4 > end || bytes[at + 4] !== COLON) return -1;
  return bytes[at + 5] === SPACE && at + 5 < end ? at + 6 : at + 5;
}

/** `event`, `id`, `retry`: fields without data. */
const OTHER_FIELDS = ['event', 'id', 'retry'].map((name) => new TextEncoder().encode(name));

/** A comment, or a field that has no data. */
function isField(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] === COLON) return true;
  return OTHER_FIELDS.some((name) => {
    const behind = at + name.length;
    return (behind === end || bytes[behind] === COLON) && name.every((byte, index) => bytes[at + index] === byte);
  });
}
