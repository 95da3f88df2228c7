/**
 * Counters go to the store behind the exchange's back, in bounded slices (unsliced flushes were measured at a p99 of 7 ms).
 * While the store is gone they wait, merged by session, up to a limit; what is beyond is counted as lost.
 */
import { LIMITS, type TokenCounts } from '@elida/contracts';
import type { Log } from '@elida/kernel';
import type { Settlement } from '@elida/session';
import type { SessionGate } from './ports.ts';

const FLUSH_MS = 50;
const WAITING_MAX = 50_000;

type Counts = { -readonly [K in keyof Settlement]: Settlement[K] };

export class SettleBuffer {
  readonly #sessions: Pick<SessionGate, 'settle'>;
  readonly #log: Log;
  readonly #lost: (count: number) => void;
  readonly #timer: NodeJS.Timeout;
  #waiting = new Map<string, Counts>();
  #flushing: Promise<void> | null = null;

  constructor(sessions: Pick<SessionGate, 'settle'>, log: Log, lost: (count: number) => void) {
    this.#sessions = sessions;
    this.#log = log;
    this.#lost = lost;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  add(settlement: Settlement): void {
    const { sid, incarnation, backend, model = '', replyKey = '' } = settlement;
    // A reply key stands for itself: it must not be lost in a merge.
    let key = `${sid} ${incarnation} ${backend} ${replyKey} ${model}`;
    let known = this.#waiting.get(key);
    if (known && !goesOn(known, settlement)) {
      // Another conversation of the same session: its head stands for itself as well.
      key += ` ${settlement.inspected?.hash}`;
      known = this.#waiting.get(key);
    }
    if (known) merge(known, settlement);
    else if (this.#waiting.size < WAITING_MAX) this.#waiting.set(key, { ...settlement });
    else this.#lost(1);
  }

  /** At once, for what the next request of the same caller may already ask for. Where the store is gone it waits as well. */
  addNow(settlement: Settlement): void {
    this.#sessions.settle([settlement]).catch((error: unknown) => {
      this.#log.warn('settle_waits', { error, waiting: 1 });
      this.add(settlement);
    });
  }

  /** Never rejects. */
  flush(): Promise<void> {
    if (this.#waiting.size === 0) return this.#flushing ?? Promise.resolve();
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.flush();
  }

  async #drain(): Promise<void> {
    const batch = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (let at = 0; at < batch.length; at += LIMITS.settleSliceMax.value) {
      const slice = batch.slice(at, at + LIMITS.settleSliceMax.value);
      try {
        await this.#sessions.settle(slice);
      } catch (error) {
        this.#log.warn('settle_waits', { error, waiting: batch.length - at });
        for (const settlement of batch.slice(at)) this.add(settlement);
        return;
      }
    }
  }
}

/** Whether one head says what both do. */
const goesOn = ({ inspected: known }: Counts, { inspected }: Settlement): boolean =>
  known === undefined || inspected === undefined || inspected.replaces === known.hash || inspected.hash === known.hash;

function merge(known: Counts, settlement: Settlement): void {
  known.requests += settlement.requests;
  known.bytesIn += settlement.bytesIn;
  known.bytesOut += settlement.bytesOut;
  const { tokens, toolCalls, rates, inspected } = settlement;
  if (tokens) known.tokens = known.tokens ? sumTokens(known.tokens, tokens) : tokens;
  if (toolCalls) known.toolCalls = [...(known.toolCalls ?? []), ...toolCalls];
  if (rates) known.rates = rates;
  if (inspected) known.inspected = { ...inspected, replaces: known.inspected?.replaces ?? inspected.replaces };
}

export const sumTokens = (a: TokenCounts, b: TokenCounts): TokenCounts => ({
  input: a.input + b.input,
  cachedInput: a.cachedInput + b.cachedInput,
  cacheWriteInput: a.cacheWriteInput + b.cacheWriteInput,
  output: a.output + b.output,
  reasoningOutput: a.reasoningOutput + b.reasoningOutput,
  estimated: a.estimated + b.estimated,
});
