/**
 * Contracts: the plain data that processes, people and stores exchange. Types, tables, codecs; never I/O, never a clock.
 */
export * from './base32.ts';
export * from './body-hints.ts';
export * from './capture.ts';
export * from './config/capture-settings.ts';
export * from './config/duration.ts';
export * from './config/file.ts';
export * from './config/listen.ts';
export * from './event.ts';
export * from './event-codec.ts';
export * from './faults.ts';
export * from './limits.ts';
export * from './order.ts';
export * from './order-codec.ts';
export * from './session.ts';
export * from './snapshot.ts';
