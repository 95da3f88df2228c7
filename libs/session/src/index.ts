/**
 * Sessions: who is calling, which session it is, what state it is in. Pure: no I/O, no clock, no randomness.
 */

export * from './filter.ts';
export * from './identity/index.ts';
export * from './incarnation.ts';
export { EDGE_GONE_MS } from './memory-control.ts';
export * from './memory-store.ts';
export * from './states.ts';
export * from './store.ts';
