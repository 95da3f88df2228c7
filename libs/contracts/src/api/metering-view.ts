/** What a session used and where it stands on the ladder, as the API shows it. */
import { z } from 'zod';
import type { TokenCounts } from '../session.ts';

const count = z.number().int();

export const tokensView = z
  .object({
    input: count.describe('With cached and cache-write tokens'),
    cached_input: count,
    cache_write_input: count,
    output: count.describe('With reasoning tokens'),
    reasoning_output: count,
    estimated: count.describe('Of input and output together: what no provider told'),
  })
  .meta({ id: 'Tokens' });
export type TokensView = z.output<typeof tokensView>;

export const toTokensView = (tokens: TokenCounts): TokensView => ({
  input: tokens.input,
  cached_input: tokens.cachedInput,
  cache_write_input: tokens.cacheWriteInput,
  output: tokens.output,
  reasoning_output: tokens.reasoningOutput,
  estimated: tokens.estimated,
});

export const modelUseView = z.object({
  backend: z.string(),
  model: z.string().describe('As it was asked for'),
  requests: count,
  tokens: tokensView,
});

/** What the ladder does at a score; `none` below its first threshold, or without a ladder. */
export const STANDINGS = ['none', 'observe', 'warn', 'throttle', 'hold', 'block', 'kill', 'terminate'] as const;
const standing = z.enum(STANDINGS);

export const riskView = z
  .object({
    score: z.number().describe('0 to 100, decayed to now; of an ended session: to its end'),
    action: standing.describe('Of the ladder of its policy, at this score'),
    enforced: z.boolean().describe('False: the policy audits, nothing is done'),
    half_life_ms: count.describe('0: nothing decays'),
  })
  .meta({ id: 'Risk' });
export type RiskView = z.output<typeof riskView>;

/** Scores are shown to three decimals. */
export const printScore = (score: number): number => Math.round(score * 1_000) / 1_000;
