/** What a reply tells of itself, whoever else reads it: usage, calls, how it ended. */
import type { TokenCounts } from '@elida/contracts';
import type { AsideUsage, FinishReason, ReplyItem, ToolCall } from '@elida/dialects';
import type { LateEstimate } from '../late-estimate.ts';

export interface Metered {
  usage: TokenCounts | null;
  /** Billed beside `usage`, as told last. */
  aside: readonly AsideUsage[];
  finish: FinishReason | '';
  /** Counts along where the provider may not tell; absent: it will. */
  readonly estimate?: LateEstimate | null;
  /** Keeps what is said; null: nobody does. */
  readonly capture?: { heard(item: ReplyItem): void } | null;
  called(call: ToolCall): void;
}

export function meter(into: Metered, items: readonly ReplyItem[]): void {
  for (const item of items) {
    into.capture?.heard(item);
    switch (item.type) {
      case 'usage':
        into.usage = { ...item.usage, estimated: 0 };
        into.estimate?.drop();
        if (item.aside !== undefined) into.aside = item.aside;
        break;
      case 'tool_call':
        into.called(item.call);
        // Its arguments, where they did not come in pieces.
        if (item.path !== null) into.estimate?.add(item.call.arguments);
        break;
      case 'text':
      case 'tool_arguments':
        if (!item.repeats) into.estimate?.add(item.text);
        break;
      case 'finish':
        into.finish = item.reason;
        break;
      case 'error':
        into.finish = 'error';
        break;
      case 'begin':
      case 'tool_begin':
      case 'unread':
        break;
    }
  }
}
