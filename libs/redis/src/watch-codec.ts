/** Watches, replies to them, settlements and principals' risk, as the scripts take and give them (lua/watch.ts). */
import type { RiskState, TokenCounts } from '@elida/contracts';
import {
  amountOf,
  distinct,
  type EnterReply,
  type InspectedHead,
  modelNameOf,
  NO_RISK,
  type SessionCounts,
  type Settlement,
  scoreAt,
  THE_REST,
  toolCountsOf,
  UNWATCHED,
  type Watch,
  windowName,
} from '@elida/session';

/** Risk, its time, now, ms to the next token, started, last, heads, counters or null, rates. */
export type Watched = readonly [
  string | null,
  string | null,
  number,
  number,
  number,
  number,
  string,
  readonly (string | null)[] | null,
  readonly string[],
];

/** Risk, its time, now, ms to the next token. */
export type Inherited = readonly [string, string, number, number];

const encoded = new WeakMap<Watch, string>();

/** A policy's watch is the same object in each of its exchanges: written once. */
export function encodeWatch(watch: Watch): string {
  const known = encoded.get(watch);
  if (known !== undefined) return known;
  const json = JSON.stringify({
    hl: watch.halfLifeMs,
    th: watch.throttle.map(({ from, below, rate }) => [from, below, rate]),
    c: watch.counters ? 1 : 0,
    r: distinct(watch.rates).map((rate) => [fieldOf(rate), rate.windowMs, rate.metric === 'requests' ? 1 : 0]),
  });
  encoded.set(watch, json);
  return json;
}

const fieldOf = (rate: Watch['rates'][number]): string => `w:${windowName(rate)}`;

export function decodeWatched(
  watch: Watch | undefined,
  watched: Watched | undefined,
  inherited: Inherited | null,
): Pick<EnterReply, keyof typeof UNWATCHED> {
  if (!watch || !watched) return UNWATCHED;
  const [, , now, , startedAt, lastAt, heads, counts, rates] = watched;
  const [score, at, , retryAfterMs] = inherited ?? watched;
  const places = new Map(distinct(watch.rates).map((rate, i) => [windowName(rate), i]));
  return {
    score: scoreAt({ score: Number(score), at: Number(at) }, now, watch.halfLifeMs),
    retryAfterMs,
    counts: counts && (startedAt > 0 ? countsOf(counts, now - startedAt, now - lastAt) : countsOf(counts, 0, 0)),
    rates: watch.rates.map((rate) => Number(rates[places.get(windowName(rate)) ?? 0])),
    inspected: headsOf(heads),
  };
}

function countsOf(values: readonly (string | null)[], ageMs: number, idleMs: number): SessionCounts {
  const [requests, bytesIn, bytesOut, tokens, toolCalls, toolFanout] = values;
  const { input, output } = decodeTokens(tokens ?? '');
  return {
    requests: Number(requests),
    bytesIn: Number(bytesIn),
    bytesOut: Number(bytesOut),
    tokensIn: input,
    tokensOut: output,
    toolCalls: Number(toolCalls),
    toolFanout: Number(toolFanout),
    ageMs: Math.max(0, ageMs),
    idleMs: Math.max(0, idleMs),
  };
}

const headsOf = (text: string): InspectedHead[] =>
  text === ''
    ? []
    : text.split('\n').map((line) => {
        const space = line.indexOf(' ');
        return { count: Number(line.slice(0, space)), hash: line.slice(space + 1) };
      });

/** What a settlement says besides requests and bytes; empty: nothing. */
export function encodeUse(settlement: Settlement): string {
  const { tokens, model, toolCalls, rates, inspected, backend } = settlement;
  if (!tokens && !model && !toolCalls?.length && !rates?.length && !inspected) return '';
  return JSON.stringify({
    t: tokens && listOf(tokens),
    m: model ? [modelField(backend, modelNameOf(settlement)), modelField(backend, THE_REST)] : undefined,
    f: toolCalls && toolCountsOf(toolCalls),
    w: distinct(rates ?? []).flatMap((rate) => {
      const amount = amountOf(rate.metric, settlement);
      return amount > 0 ? [[fieldOf(rate), rate.windowMs, amount]] : [];
    }),
    h: inspected && [inspected.count, inspected.hash, inspected.replaces],
  });
}

export const modelField = (backend: string, model: string): string => `m:${backend}\0${model}`;

const listOf = (tokens: TokenCounts): number[] => [
  tokens.input,
  tokens.cachedInput,
  tokens.cacheWriteInput,
  tokens.output,
  tokens.reasoningOutput,
  tokens.estimated,
];

export const encodeTokens = (tokens: TokenCounts): string => listOf(tokens).join(' ');

export function decodeTokens(text: string): TokenCounts {
  const [input = 0, cachedInput = 0, cacheWriteInput = 0, output = 0, reasoningOutput = 0, estimated = 0] =
    text === '' ? [] : text.split(' ').map(Number);
  return { input, cachedInput, cacheWriteInput, output, reasoningOutput, estimated };
}

/** @param stored "<sum> <its time> <forgotten at>", or null. @param now of the store. */
export function decodePrincipal(stored: unknown, now: number): RiskState {
  if (typeof stored !== 'string') return NO_RISK;
  const [score = 0, at = 0, forgottenAt = 0] = stored.split(' ').map(Number);
  return forgottenAt > now ? { score, at } : NO_RISK;
}
