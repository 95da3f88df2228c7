/** What an exchange cost and which calls it made, as events and numbers; what the session counts goes with its settlement. */
import { noTokens, type TokenCounts } from '@elida/contracts';
import { estimateInput, type ToolCall } from '@elida/dialects';
import type { TokensData, ToolCalledData } from '@elida/record';
import type { EdgeMetrics } from './metrics.ts';
import type { Recorder } from './recorder.ts';
import type { RunningExchange } from './running-exchange.ts';
import { sumTokens } from './settle.ts';

/** Of a call's arguments, once redacted. They are looked at whole up to a bound, so that no cut hides a half from it. */
const ARGUMENTS_CHARS_MAX = 2_048;
const LOOKED_AT_CHARS_MAX = 16_384;

/** Of JSON around English text or code. */
const BYTES_PER_TOKEN = 4;
/** A body of pictures is long and no text: more than a context holds is not guessed. */
const INPUT_GUESS_MAX = 200_000;

/** A reply names a handful of other models at most; what is beyond counts as its own. */
const ASIDE_MODELS_MAX = 8;

/** What is billed beside the reply's own usage, by model: an advisor's at its own, a compaction's at the reply's. */
export function asideOf({ aside, model }: Pick<RunningExchange, 'aside' | 'model'>): ReadonlyMap<string, TokenCounts> {
  const sums = new Map<string, TokenCounts>();
  for (const one of aside) {
    const named = one.model === '' || (sums.size >= ASIDE_MODELS_MAX && !sums.has(one.model)) ? model : one.model;
    sums.set(named, sumTokens(sums.get(named) ?? noTokens(), { ...one.usage, estimated: 0 }));
  }
  return sums;
}

export class Metering {
  readonly #recorder: Recorder;
  readonly #metrics: EdgeMetrics;
  readonly #redact: (text: string) => string;

  constructor(recorder: Recorder, metrics: EdgeMetrics, redact: (text: string) => string) {
    this.#recorder = recorder;
    this.#metrics = metrics;
    this.#redact = redact;
  }

  /**
   * Where the provider told nothing, or was cut off before it could: what came is counted as it is written. Of a request that
   * is not kept only its size is known.
   */
  complete(exchange: RunningExchange): void {
    const { usage, estimate, unmetered, dialect, status } = exchange;
    if (usage !== null || estimate === null || estimate.tokens === 0 || status >= 400) return;
    const output = estimate.tokens;
    const input =
      unmetered === undefined
        ? Math.min(INPUT_GUESS_MAX, Math.ceil(exchange.bytesIn / BYTES_PER_TOKEN))
        : estimateInput(dialect.readContent(unmetered));
    exchange.usage = { ...noTokens(), input, output, estimated: input + output };
  }

  record(exchange: RunningExchange): void {
    if (exchange.usage !== null) this.#tokens(exchange, exchange.model, exchange.usage);
    for (const [model, usage] of asideOf(exchange)) this.#tokens(exchange, model, usage, true);
    for (const call of exchange.toolCalls) this.#called(exchange, call);
  }

  #tokens(exchange: RunningExchange, model: string, usage: TokenCounts, aside = false): void {
    const { whose, dialect } = exchange;
    const { tenant, backend, principal, agent } = whose;
    const labels = { backend, dialect: dialect.name, tenant };
    const count = (kind: string, tokens: number): void => {
      if (tokens > 0) this.#metrics.tokens.add({ ...labels, kind }, tokens);
    };
    count('input', usage.input);
    count('cached_input', usage.cachedInput);
    count('cache_write_input', usage.cacheWriteInput);
    count('output', usage.output);
    count('reasoning_output', usage.reasoningOutput);
    count('estimated', usage.estimated);
    const data: Omit<TokensData, 'model' | 'agent'> = {
      ...{ exchange: exchange.id, backend, dialect: dialect.name, principal },
      input_tokens: usage.input,
      cached_input_tokens: usage.cachedInput,
      cache_write_input_tokens: usage.cacheWriteInput,
      output_tokens: usage.output,
      reasoning_output_tokens: usage.reasoningOutput,
      estimated: usage.estimated > 0,
      ...(aside ? { aside } : {}),
    };
    this.#recorder.record({ ...ofExchange(exchange), type: 'tokens_used', said: { model, agent }, data: { ...data } });
  }

  #called(exchange: RunningExchange, { id, name, namespace, kind, arguments: text }: ToolCall): void {
    const { backend, agent } = exchange.whose;
    const data: Pick<ToolCalledData, 'exchange' | 'arguments' | 'backend'> = {
      exchange: exchange.id,
      arguments: this.#redact(text.slice(0, LOOKED_AT_CHARS_MAX)).slice(0, ARGUMENTS_CHARS_MAX),
      backend,
    };
    const said = { tool_name: name, namespace, tool_call_id: id, kind, model: exchange.model, agent };
    this.#recorder.record({ ...ofExchange(exchange), type: 'tool_called', said, data: { ...data } });
  }
}

const ofExchange = ({ whose, incarnation }: RunningExchange) => ({
  tenant: whose.tenant || 'default',
  session: whose.sid,
  incarnation,
});
