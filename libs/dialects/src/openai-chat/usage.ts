import { count, fields } from '../tolerant.ts';
import type { Usage } from '../usage.ts';

/** Chat, legacy completions, embeddings: cached ⊂ prompt, reasoning ⊂ completion. @returns null where it is none. */
export function chatUsage(value: unknown): Usage | null {
  const usage = fields(value);
  const input = count(usage.prompt_tokens);
  const output = count(usage.completion_tokens);
  if (input === null && output === null) return null;
  const prompt = fields(usage.prompt_tokens_details);
  // DeepSeek and Moonshot tell it beside, with the same meaning.
  const cached = count(prompt.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? count(usage.cached_tokens);
  return {
    input: input ?? 0,
    cachedInput: cached ?? 0,
    cacheWriteInput: count(prompt.cache_write_tokens) ?? 0,
    output: output ?? 0,
    reasoningOutput: count(fields(usage.completion_tokens_details).reasoning_tokens) ?? 0,
  };
}
