/**
 * Dialects: what each provider wire looks like. One folder a wire, the same faces for all, behind `Dialect`.
 * Pure, and it never throws on what a caller sent. It must never decide anything: it reads, it words refusals and ends,
 * and it changes the text that it is told to change and no other byte.
 */
export * from './detect.ts';
export * from './dialect.ts';
export * from './edit-event.ts';
export * from './estimate-tokens.ts';
export * from './estimate-usage.ts';
export { editStrings, type TextEdit } from './json/edit-strings.ts';
export * from './json/key-problem.ts';
export { JSON_DEPTH_MAX, type JsonPath } from './json/scan.ts';
export * from './message-texts.ts';
export { ARGUMENTS_CHARS_MAX } from './open-calls.ts';
export { withoutAskedUsage } from './openai-chat/asked-usage.ts';
export { askForUsage } from './openai-chat/edit-request.ts';
export * from './path-model.ts';
export * from './reply.ts';
export * from './reply-id.ts';
export * from './segment.ts';
export * from './sse/boundary.ts';
export { KEEP_ALIVE } from './sse/frame.ts';
export * from './usage.ts';
export * from './websocket.ts';
