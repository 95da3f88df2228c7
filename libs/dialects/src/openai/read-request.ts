/** Embeddings, legacy completions, moderations, images, speech: a text or a list of them. */
import { ContentBuilder } from '../content-builder.ts';
import type { RequestContent } from '../segment.ts';
import { count, fields, isFields, list, words } from '../tolerant.ts';

const REQUEST: ReadonlySet<string> = words(
  'model user encoding_format metadata response_format size quality style voice stop',
);

export function readOpenAiContent(body: unknown): RequestContent {
  const request = fields(body);
  const out = new ContentBuilder();
  // A text that is no JSON, or documents in lines.
  if (!isFields(body)) out.leaves('text', body, []);
  // Each entry of a list is a text of its own, with its own embedding or completion.
  const lists = ['input', 'prompt'].filter((key) => Array.isArray(request[key]));
  for (const key of Object.keys(request)) {
    if (REQUEST.has(key) || lists.includes(key)) continue;
    out.leaves('text', request[key], [key]);
  }
  let messages = 0;
  for (const key of lists) {
    for (const [index, entry] of list(request[key]).entries()) {
      out.begin('user', messages++);
      out.leaves('text', entry, [key, index]);
    }
  }
  return out.build({
    messages,
    outputTokensMax: count(request.max_tokens),
    choices: count(request.n) ?? 1,
    usageInStream: fields(request.stream_options).include_usage === true,
  });
}
