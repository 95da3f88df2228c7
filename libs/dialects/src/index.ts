/**
 * Dialects: what each provider wire looks like. One folder a wire, the same faces for all, behind `Dialect`.
 * Pure, and it never throws on what a caller sent. It must never decide anything: it reads, and it words refusals.
 */
export * from './detect.ts';
export * from './dialect.ts';
export * from './path-model.ts';
export * from './reply-id.ts';
export * from './sse/boundary.ts';
export { KEEP_ALIVE } from './sse/frame.ts';
export * from './websocket.ts';
