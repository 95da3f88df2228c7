/** What a request says, piece by piece: text with a role and a place, tools, calls, limits. */
import type { JsonPath } from './json/scan.ts';

export type SegmentRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** `other`: a string in a shape that we do not know. `image_url`: of an image, document or file that is not inline. */
export type SegmentKind =
  | 'text'
  | 'reasoning'
  | 'refusal'
  | 'document'
  | 'tool_definition'
  | 'tool_arguments'
  | 'tool_result'
  | 'output_schema'
  | 'image_url'
  | 'other';

export interface Segment {
  readonly role: SegmentRole;
  readonly kind: SegmentKind;
  readonly text: string;
  /** Of the string in the body; `editStrings` takes it. */
  readonly path: JsonPath;
  /** Where the string is JSON itself (arguments): the leaf in it. Null: the text is the string. */
  readonly inner: JsonPath | null;
  /** Index in the list of messages or items; −1 for what stands outside of it (instructions, tools). */
  readonly messageIndex: number;
  /** Of a tool's arguments or result: which call. Empty otherwise. */
  readonly callId: string;
}

export interface ToolDefinition {
  /** As the model calls it; empty for a server's whole tool set. */
  readonly name: string;
  /** Responses: the namespace around it. MCP: the server's label or name. Empty otherwise. */
  readonly namespace: string;
  /** `function`, `custom`, or the provider's own type: `web_search`, `mcp`, `bash_20250124` … */
  readonly kind: string;
  readonly description: string;
  /** JSON Schema of the input, as it came; undefined where there is none. */
  readonly schema: unknown;
  readonly path: JsonPath;
}

export interface ToolCall {
  /** By which its result refers to it. Empty where the wire gives none. */
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  /** `function` (arguments are JSON), `custom` (free text), or the provider's own type. */
  readonly kind: string;
  /** JSON text, or the free text of a custom tool. As the model wrote it, valid or not. */
  readonly arguments: string;
}

export interface PastCall extends ToolCall {
  readonly messageIndex: number;
}

export interface RequestContent {
  /** In the order of the conversation: what is outside of the messages first. */
  readonly segments: readonly Segment[];
  readonly tools: readonly ToolDefinition[];
  /** The calls of earlier turns that the request repeats. */
  readonly calls: readonly PastCall[];
  /** Number of messages or items. */
  readonly messages: number;
  /** Null where the request names none. */
  readonly outputTokensMax: number | null;
  /** Replies asked for (`n`). */
  readonly choices: number;
  /** Whether a streamed reply will tell its usage without being asked again. */
  readonly usageInStream: boolean;
}
