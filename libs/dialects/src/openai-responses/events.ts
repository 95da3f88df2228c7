/** The events of a Responses stream by what they carry (OpenAI API reference, "Streaming events"). */
import type { TextKind } from '../reply.ts';

/** Type → whose text `delta` is a piece of. */
export const TEXT_DELTAS: ReadonlyMap<string, TextKind> = new Map([
  ['response.output_text.delta', 'text'],
  ['response.refusal.delta', 'refusal'],
  ['response.reasoning_text.delta', 'reasoning'],
  ['response.reasoning_summary_text.delta', 'reasoning_summary'],
  ['response.audio.transcript.delta', 'transcript'],
]);

/** Type → the text again, and the field that holds it. */
export const TEXT_DONES: ReadonlyMap<string, readonly [TextKind, string]> = new Map([
  ['response.output_text.done', ['text', 'text']],
  ['response.refusal.done', ['refusal', 'refusal']],
  ['response.reasoning_text.done', ['reasoning', 'text']],
  ['response.reasoning_summary_text.done', ['reasoning_summary', 'text']],
  ['response.audio.transcript.done', ['transcript', 'transcript']],
]);

export const ARGUMENT_DELTAS: ReadonlySet<string> = new Set([
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
  'response.mcp_call_arguments.delta',
  'response.code_interpreter_call_code.delta',
]);

export const ARGUMENT_DONES: ReadonlyMap<string, string> = new Map([
  ['response.function_call_arguments.done', 'arguments'],
  ['response.custom_tool_call_input.done', 'input'],
  ['response.mcp_call_arguments.done', 'arguments'],
  ['response.code_interpreter_call_code.done', 'code'],
]);

const PROGRESS: Readonly<Record<string, readonly string[]>> = {
  mcp_call: ['in_progress', 'completed', 'failed'],
  mcp_list_tools: ['in_progress', 'completed', 'failed'],
  web_search_call: ['in_progress', 'searching', 'completed'],
  file_search_call: ['in_progress', 'searching', 'completed'],
  code_interpreter_call: ['in_progress', 'interpreting', 'completed'],
  image_generation_call: ['in_progress', 'generating', 'partial_image', 'completed'],
  compaction: ['compacting'],
  audio: ['delta', 'done'],
};

/** Progress, sound and pictures: no text in them. */
export const SILENT: ReadonlySet<string> = new Set(
  Object.entries(PROGRESS).flatMap(([item, states]) => states.map((state) => `response.${item}.${state}`)),
);
