/** Session detail records as JSON lines, for log shippers: one object a line, the same names and ids as the span's. */
import { appendFile } from 'node:fs/promises';
import { sdrSpan } from '@elida/record';
import type { SdrItem, SdrSink } from './sink.ts';

export function sdrLine({ record, interim, findings }: SdrItem): string {
  const { name, traceId, spanId, startAt, endAt, attributes, events, droppedEvents } = sdrSpan(
    record,
    interim,
    findings,
  );
  const line = {
    name,
    trace_id: traceId,
    span_id: spanId,
    start: new Date(startAt).toISOString(),
    end: new Date(endAt).toISOString(),
    attributes,
    events: events.map((event) => ({
      name: event.name,
      at: new Date(event.at).toISOString(),
      attributes: event.attributes,
    })),
    dropped_events_count: droppedEvents,
  };
  return `${JSON.stringify(line)}\n`;
}

/** @param write gets one line with its line feed; resolves when the sink has it. */
export const createJsonLinesSink = (name: 'stdout' | 'file', write: (line: string) => Promise<void>): SdrSink => ({
  name,
  async deliver(item) {
    await write(sdrLine(item));
    return { taken: true };
  },
});

/** Opened for each line, so that a file that was rotated away is made anew; in the file before it counts as taken. */
export const createFileSink = (path: string): SdrSink =>
  createJsonLinesSink('file', (line) => appendFile(path, line, { mode: 0o600, flush: true }));
