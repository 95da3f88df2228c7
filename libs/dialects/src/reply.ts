/** What a reply says, event by event; the same items for a stream and for a body that comes whole. */
import type { JsonPath } from './json/scan.ts';
import type { ToolCall } from './segment.ts';
import type { AsideUsage, Usage } from './usage.ts';

export type TextKind =
  | 'text'
  | 'reasoning'
  | 'reasoning_summary'
  | 'refusal'
  | 'transcript'
  | 'citation'
  | 'tool_result'
  | 'other';

/** `pause`: the model wants to go on (`pause_turn`). `error`: the reply failed. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool_calls'
  | 'content_filter'
  | 'refusal'
  | 'pause'
  | 'error'
  | 'other';

/**
 * `index` is the choice (Chat), the content block (Anthropic), or the output item (Responses); `part` the tool call of a
 * choice, or the part of an item; 0 where there is one only. Pieces with the same kind, index and part are one text.
 */
export interface Place {
  readonly index: number;
  readonly part: number;
  /** Of the string in the event's JSON, for `editEvent`; null where it cannot be edited. */
  readonly path: JsonPath | null;
}

export type ReplyItem =
  | { readonly type: 'begin'; readonly id: string; readonly model: string }
  /** `repeats`: the text as a whole, after its pieces have come as items of their own. */
  | (Place & { readonly type: 'text'; readonly kind: TextKind; readonly text: string; readonly repeats: boolean })
  /** Null path: the event holds arguments, in a form that cannot be changed; they come again. */
  | (Place & { readonly type: 'tool_begin'; readonly id: string; readonly name: string; readonly namespace: string })
  /** A piece of a call's arguments, or (`repeats`) all of them again. `json`: the wire has an object, not its text. */
  | (Place & {
      readonly type: 'tool_arguments';
      readonly text: string;
      readonly repeats: boolean;
      readonly json?: true;
    })
  /**
   * Once a call: when its arguments are complete. Null path: they came in pieces. `truncated`: it is not known whole, as its
   * arguments are too long, or as it has two names.
   */
  | (Place & { readonly type: 'tool_call'; readonly call: ToolCall; readonly truncated: boolean })
  | { readonly type: 'finish'; readonly index: number; readonly reason: FinishReason; readonly native: string }
  /** All that is known so far, not what this event adds. `only`: the event carries nothing else (Chat). */
  | { readonly type: 'usage'; readonly usage: Usage; readonly only: boolean; readonly aside?: readonly AsideUsage[] }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  /** Data that is no JSON: `[DONE]` apart, nobody knows what a client makes of it. */
  | { readonly type: 'unread'; readonly text: string };

export interface ReplyEvent {
  /** Byte offsets in what was given to `read`: the event with its blank line and the comments before it, and its JSON (−1: not in one piece). */
  readonly start: number;
  readonly end: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Parsed data; undefined for comments, `[DONE]` and what is no JSON. */
  readonly value: unknown;
  readonly items: readonly ReplyItem[];
}

/** Never throws, whatever comes. Keeps the arguments of calls until they are complete, and nothing else. */
export interface ReplyReader {
  /**
   * @param bytes a stream: whole events (`lastEventEnd`), one or many; JSON: a whole body, or a WebSocket frame, a call.
   * @returns events that cover the bytes without a gap.
   */
  read(bytes: Uint8Array): readonly ReplyEvent[];
  /** Nothing more will come. @returns the calls that were left open. */
  end(): readonly ReplyItem[];
}

/** What a wire makes of the parsed events of one reply. */
export interface EventReading {
  read(value: unknown, items: ReplyItem[]): void;
  end(items: ReplyItem[]): void;
}

/** Ends a stream as the wire ends an answer, with a text that gives the reason. */
export interface PolicyEnd {
  /** What the client has just been sent. */
  released(event: Pick<ReplyEvent, 'value'>): void;
  /** @param message the public reason. @returns bytes after the last released event; empty where the reply is over. */
  end(message: string): Uint8Array;
}
