/** Usage of a reply whose provider tells none. An estimate: what is made of it must say so. */
import { estimateTokens, TokenEstimate } from './estimate-tokens.ts';
import { jsonOf } from './json/scan.ts';
import type { RequestContent, Segment } from './segment.ts';
import type { Usage } from './usage.ts';

/** Marks around a message, and around a tool's definition or call (Chat's own format, as its vocabulary writes it). */
const MARK_TOKENS = 4;

/** Definitions and arguments are counted as the JSON that the model sees, not leaf by leaf. */
const isCountedWhole = ({ kind }: Segment): boolean => kind === 'tool_definition' || kind === 'tool_arguments';

/** Tokens of the text in a request. Pictures, sound and files that are inline are not counted. */
export function estimateInput(content: RequestContent): number {
  const estimate = new TokenEstimate();
  for (const segment of content.segments) if (!isCountedWhole(segment)) estimate.add(segment.text);
  for (const { name, description, schema } of content.tools)
    estimate.add(`${name} ${description}${schema === undefined ? '' : jsonOf(schema)}`);
  for (const call of content.calls) estimate.add(`${call.name} ${call.arguments}`);
  return estimate.tokens + MARK_TOKENS * (content.messages + content.tools.length + content.calls.length);
}

/**
 * @param reply all that the model wrote: text, reasoning, arguments of calls; or an estimate that was fed as it came.
 * @returns usage in which nothing is cached: nobody told.
 */
export const estimateUsage = (content: RequestContent, reply: string | TokenEstimate): Usage => ({
  input: estimateInput(content),
  cachedInput: 0,
  cacheWriteInput: 0,
  output: typeof reply === 'string' ? estimateTokens(reply) : reply.tokens,
  reasoningOutput: 0,
});
