import { count, fields } from '../tolerant.ts';
import type { Usage } from '../usage.ts';

/** Responses: cached and cache-write ⊂ input, reasoning ⊂ output. @returns null where it is none. */
export function responsesUsage(value: unknown): Usage | null {
  const usage = fields(value);
  const input = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  if (input === null && output === null) return null;
  const details = fields(usage.input_tokens_details);
  return {
    input: input ?? 0,
    cachedInput: count(details.cached_tokens) ?? 0,
    cacheWriteInput: count(details.cache_write_tokens) ?? 0,
    output: output ?? 0,
    reasoningOutput: count(fields(usage.output_tokens_details).reasoning_tokens) ?? 0,
  };
}
