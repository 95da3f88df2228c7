import { count, eachOf, fields, text, words } from '../tolerant.ts';
import type { AsideUsage, Usage } from '../usage.ts';

/** Iterations that the fields above them leave out: they are billed for themselves, an advisor's at its own model. */
const ASIDE: ReadonlySet<string> = words('compaction advisor_message');

/** Of `usage.iterations` (beta). */
export function asideUsage(value: unknown): readonly AsideUsage[] {
  const asides: AsideUsage[] = [];
  eachOf(fields(value).iterations, (iteration) => {
    const usage = ASIDE.has(text(iteration.type)) ? anthropicUsage(iteration) : null;
    if (usage !== null) asides.push({ model: text(iteration.model), usage });
  });
  return asides;
}

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
