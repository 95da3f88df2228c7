/** What `enter` tells a policy: score, throttle, counters, rates. Pure; libs/redis does the same in Lua. */
import type { SessionRecord } from '@elida/contracts';
import { scoreAt } from './risk-score.ts';
import { addToWindow, countInWindow, WINDOWS_MAX, type Window } from './sliding-window.ts';
import type { EnterReply, RateWindow, SessionCounts, Settlement, ThrottleBand, Watch } from './store.ts';
import { type Bucket, takeToken } from './token-bucket.ts';

/** Of one incarnation. */
export interface Watching {
  /** Null until it is throttled for the first time. */
  bucket: Bucket | null;
  readonly windows: Map<string, Window>;
}

export const unwatched = (): Watching => ({ bucket: null, windows: new Map() });

const bandOf = (bands: readonly ThrottleBand[], score: number): ThrottleBand | undefined =>
  bands.find(({ from, below }) => score >= from && score < below);

/** Lets one exchange in. @param record as it was before it: its last activity is not this one. */
export function watchEnter(
  record: SessionRecord,
  watching: Watching,
  watch: Watch,
  now: number,
): Pick<EnterReply, 'score' | 'retryAfterMs' | 'counts' | 'rates'> {
  const score = scoreAt(record.risk, now, watch.halfLifeMs);
  const band = bandOf(watch.throttle, score);
  let retryAfterMs = 0;
  if (band) {
    const take = takeToken(watching.bucket, band.rate, now);
    watching.bucket = take.bucket;
    retryAfterMs = take.retryAfterMs;
  }
  for (const rate of distinct(watch.rates)) if (rate.metric === 'requests') addTo(watching, rate, now, 1);
  const rates = watch.rates.map((rate) => countInWindow(watching.windows.get(windowName(rate)), rate.windowMs, now));
  return { score, retryAfterMs, counts: watch.counters ? countsOf(record, now) : null, rates };
}

/** What a settlement adds to the windows that watch it. */
export function watchSettle(watching: Watching, settlement: Settlement, now: number): void {
  for (const rate of distinct(settlement.rates ?? [])) {
    const amount = amountOf(rate.metric, settlement);
    if (amount > 0) addTo(watching, rate, now, amount);
  }
}

/** Requests count at `enter`. */
export function amountOf(metric: RateWindow['metric'], settlement: Settlement): number {
  switch (metric) {
    case 'requests':
      return 0;
    case 'tokens':
      return (settlement.tokens?.input ?? 0) + (settlement.tokens?.output ?? 0);
    case 'tool_calls':
      return settlement.toolCalls?.length ?? 0;
    case 'bytes':
      return settlement.bytesIn + settlement.bytesOut;
  }
}

export const windowName = ({ metric, windowMs }: RateWindow): string => `${metric}:${windowMs}`;

/** Two rules may watch the same window. */
export const distinct = (rates: readonly RateWindow[]): RateWindow[] => [
  ...new Map(rates.map((rate) => [windowName(rate), rate])).values(),
];

const countsOf = (record: SessionRecord, now: number): SessionCounts => ({
  requests: record.requests,
  bytesIn: record.bytesIn,
  bytesOut: record.bytesOut,
  tokensIn: record.tokens.input,
  tokensOut: record.tokens.output,
  toolCalls: record.toolCalls,
  toolFanout: Object.keys(record.toolCounts).length,
  // A session that is held before its first request has not begun.
  ageMs: record.startedAt > 0 ? Math.max(0, now - record.startedAt) : 0,
  idleMs: record.startedAt > 0 ? Math.max(0, now - record.lastAt) : 0,
});

function addTo({ windows }: Watching, rate: RateWindow, now: number, amount: number): void {
  const name = windowName(rate);
  const window = windows.get(name);
  if (!window && windows.size >= WINDOWS_MAX) windows.clear();
  windows.set(name, addToWindow(window, rate.windowMs, now, amount));
}
