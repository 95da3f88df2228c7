/** Replies that we do not know: all strings of each event. */
import { eachLeaf } from '../json/leaves.ts';
import type { EventReading, ReplyItem } from '../reply.ts';

export class PlainReading implements EventReading {
  read(value: unknown, items: ReplyItem[]): void {
    eachLeaf(value, 'names', (text, path) => {
      items.push({ type: 'text', kind: 'other', index: 0, part: 0, path, text, repeats: false });
    });
  }

  end(): void {
    // Nothing is kept open.
  }
}
