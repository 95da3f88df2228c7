/** What a reply tells of itself, whoever else reads it: usage, calls, how it ended. */
import type { TokenCounts } from '@elida/contracts';
import type { FinishReason, ReplyItem, ToolCall } from '@elida/dialects';

export interface Metered {
  usage: TokenCounts | null;
  finish: FinishReason | '';
  called(call: ToolCall): void;
}

/** @returns whether the event says its usage and nothing else. */
export function meter(into: Metered, items: readonly ReplyItem[]): boolean {
  let only = false;
  for (const item of items) {
    switch (item.type) {
      case 'usage':
        into.usage = { ...item.usage, estimated: 0 };
        only = item.only;
        break;
      case 'tool_call':
        into.called(item.call);
        break;
      case 'finish':
        into.finish = item.reason;
        break;
      case 'error':
        into.finish = 'error';
        break;
      case 'begin':
      case 'text':
      case 'tool_begin':
      case 'tool_arguments':
      case 'unread':
        break;
    }
  }
  return only;
}
