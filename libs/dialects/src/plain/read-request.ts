/** JSON that we do not know: all its strings. */
import { ContentBuilder } from '../content-builder.ts';
import type { RequestContent } from '../segment.ts';

export function readPlainContent(body: unknown): RequestContent {
  const out = new ContentBuilder();
  out.leaves('other', body, []);
  return out.build({ messages: 0, outputTokensMax: null, choices: 1, usageInStream: false });
}
