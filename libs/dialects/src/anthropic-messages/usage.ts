import { count, fields } from '../tolerant.ts';
import type { Usage } from '../usage.ts';

/** Messages: `input_tokens` is what the cache neither gave nor took; output contains thinking. Null where it is none. */
export function anthropicUsage(value: unknown): Usage | null {
  const usage = fields(value);
  const fresh = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  if (fresh === null && output === null) return null;
  const cachedInput = count(usage.cache_read_input_tokens) ?? 0;
  const cacheWriteInput = count(usage.cache_creation_input_tokens) ?? 0;
  return {
    input: (fresh ?? 0) + cachedInput + cacheWriteInput,
    cachedInput,
    cacheWriteInput,
    output: output ?? 0,
    reasoningOutput: count(fields(usage.output_tokens_details).thinking_tokens) ?? 0,
  };
}
