/** Tokens of a reply, in one convention for all providers. */

/** Whole numbers. `input` contains `cachedInput` and `cacheWriteInput`; `output` contains `reasoningOutput`. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWriteInput: number;
  readonly output: number;
  readonly reasoningOutput: number;
}

/** What a reply has cost besides, in the provider's own requests: it is billed and not part of the reply's usage. */
export interface AsideUsage {
  /** Empty: the model of the reply. */
  readonly model: string;
  readonly usage: Usage;
}

/** Providers repeat and complete what they said before, so the greatest of each counts; it is never a sum. */
export function laterUsage(before: Usage | null, now: Usage): Usage {
  if (before === null) return now;
  return {
    input: Math.max(before.input, now.input),
    cachedInput: Math.max(before.cachedInput, now.cachedInput),
    cacheWriteInput: Math.max(before.cacheWriteInput, now.cacheWriteInput),
    output: Math.max(before.output, now.output),
    reasoningOutput: Math.max(before.reasoningOutput, now.reasoningOutput),
  };
}
