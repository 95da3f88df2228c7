/** What a settlement adds to a record: tokens, models, tools. Names are the callers' own words: bounded, and never a prototype's. */
import { LIMITS, type ModelUse, noTokens, type SessionRecord, type TokenCounts } from '@elida/contracts';
import type { Settlement } from './store.ts';

/** Under this name counts what is beyond the bounds. */
export const THE_REST = '…';
const NAME_MAX = 256;

const countable = (name: string): string => (name.length > NAME_MAX ? THE_REST : name);

/** Calls by name, in order of first appearance. */
export function toolCountsOf(calls: readonly string[]): [name: string, calls: number][] {
  const counts = new Map<string, number>();
  for (const name of calls.map(countable)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

export const modelNameOf = ({ model }: Settlement): string => countable(model ?? '');

export const inOrderOfUse = (a: ModelUse, b: ModelUse): number =>
  compare(a.backend, b.backend) || compare(a.model, b.model);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function addUse(record: SessionRecord, settlement: Settlement): void {
  const { tokens, backend, requests, toolCalls = [] } = settlement;
  if (tokens) addTokens(record.tokens, tokens);
  const model = modelNameOf(settlement);
  if (model) {
    const use = useOf(record.models, backend, model);
    use.requests += requests;
    if (tokens) addTokens(use.tokens, tokens);
  }
  for (const [name, calls] of toolCountsOf(toolCalls)) {
    const isKnown = Object.hasOwn(record.toolCounts, name);
    const isFull = Object.keys(record.toolCounts).length >= LIMITS.sessionToolsMax.value;
    countUnder(record.toolCounts, isKnown || !isFull ? name : THE_REST, calls);
    record.toolCalls += calls;
  }
}

/** `__proto__` is a name like any other. */
export function countUnder(counts: Record<string, number>, name: string, amount: number): void {
  const value = (Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0) + amount;
  Object.defineProperty(counts, name, { value, enumerable: true, writable: true, configurable: true });
}

function useOf(models: ModelUse[], backend: string, model: string): ModelUse {
  const known = models.find((use) => use.backend === backend && use.model === model);
  if (known) return known;
  if (models.length >= LIMITS.sessionModelsMax.value && model !== THE_REST) return useOf(models, backend, THE_REST);
  const use: ModelUse = { backend, model, requests: 0, tokens: noTokens() };
  models.push(use);
  models.sort(inOrderOfUse);
  return use;
}

function addTokens(sum: TokenCounts, more: TokenCounts): void {
  sum.input += more.input;
  sum.cachedInput += more.cachedInput;
  sum.cacheWriteInput += more.cacheWriteInput;
  sum.output += more.output;
  sum.reasoningOutput += more.reasoningOutput;
  sum.estimated += more.estimated;
}
