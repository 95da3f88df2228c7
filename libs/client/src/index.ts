/** Client of the control plane's API: typed calls, typed refusals, the live stream. Needs nothing but fetch. */
export * from './client.ts';
export * from './event-stream.ts';
export * from './problem-error.ts';
