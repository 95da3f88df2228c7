/** Redis: the living state of sessions, blocks and orders. The only library that speaks to it (BullMQ's lives in libs/queue). */
export * from './store.ts';
