/** Writing events. */
const encoder = new TextEncoder();

export const utf8 = (value: string): Uint8Array => encoder.encode(value);

/** JSON.stringify never writes a raw line break, so one `data:` line is enough. */
export const dataEvent = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
export const namedEvent = (name: string, data: unknown): string => `event: ${name}\n${dataEvent(data)}`;

/** A comment: every client we know ignores it (unknown event types break several of them). */
export const KEEP_ALIVE = ': keep-alive\n\n';

export const isEventStream = (contentType: string): boolean =>
  contentType.slice(0, 17).toLowerCase() === 'text/event-stream';
