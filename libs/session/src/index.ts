/**
 * Sessions: who is calling, which session it is, what state it is in. Pure: no I/O, no clock, no randomness.
 */

export * from './filter.ts';
export * from './identity/index.ts';
export * from './incarnation.ts';
export { EDGE_GONE_MS } from './memory-control.ts';
export * from './memory-store.ts';
export * from './risk-score.ts';
export { addUse, countUnder, inOrderOfUse, modelNameOf, THE_REST, toolCountsOf } from './session-use.ts';
export * from './sliding-window.ts';
export * from './states.ts';
export * from './store.ts';
export * from './token-bucket.ts';
export { amountOf, distinct, windowName } from './watching.ts';
