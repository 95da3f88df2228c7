/**
 * The record: what an event and a session detail record say. Pure; never I/O, a clock or a random id. What goes in must
 * be redacted already: nothing here looks for secrets.
 */
export * from './event.ts';
export type * from './event-data.ts';
export * from './redact-record.ts';
export * from './sdr.ts';
