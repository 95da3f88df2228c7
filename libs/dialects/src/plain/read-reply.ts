/** Replies that we do not know: all strings of each event. */
import { pushText } from '../push-text.ts';
import type { EventReading, ReplyItem } from '../reply.ts';

export class PlainReading implements EventReading {
  read(value: unknown, items: ReplyItem[]): void {
    pushText(items, 'other', 0, value, []);
  }

  end(): void {
    // Nothing is kept open.
  }
}
