/** Text items of a reply. */
import { eachLeaf } from './json/leaves.ts';
import type { JsonPath } from './json/scan.ts';
import type { ReplyItem, TextKind } from './reply.ts';

/** A string is a piece of text; of anything else, all strings in it. Nothing is pushed for the empty string. */
export function pushText(
  items: ReplyItem[],
  kind: TextKind,
  index: number,
  value: unknown,
  path: JsonPath,
  part = 0,
): void {
  if (typeof value === 'string') {
    if (value !== '') items.push({ type: 'text', kind, index, part, path, text: value, repeats: false });
    return;
  }
  eachLeaf(value, 'names', (text, below) => {
    items.push({ type: 'text', kind, index, part, path: [...path, ...below], text, repeats: false });
  });
}
