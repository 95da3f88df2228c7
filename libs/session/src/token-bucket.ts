/** A token bucket in the form that a store can run atomically: `{tokens, at}` → take → `{tokens, at}`. */
export interface Bucket {
  readonly tokens: number;
  /** Unix ms. */
  readonly at: number;
}

const MINUTE_MS = 60_000;
/** A throttled session may not save up a minute's worth and spend it at once. */
const BURST = 1;

export interface Take {
  readonly bucket: Bucket;
  readonly allowed: boolean;
  /** 0 where allowed; else how long until the next token is there. */
  readonly retryAfterMs: number;
}

/** @param bucket null where the session was not throttled before. @param rate requests per minute. */
export function takeToken(bucket: Bucket | null, rate: number, at: number): Take {
  const elapsed = bucket ? Math.max(0, at - bucket.at) : 0;
  const tokens = bucket ? Math.min(BURST, bucket.tokens + (elapsed * rate) / MINUTE_MS) : BURST;
  const now = Math.max(at, bucket?.at ?? at);
  // A token that is there but for rounding is there: whoever waits as long as we say gets it.
  if (tokens >= 1 - 1e-9)
    return { bucket: { tokens: Math.max(0, tokens - 1), at: now }, allowed: true, retryAfterMs: 0 };
  return { bucket: { tokens, at: now }, allowed: false, retryAfterMs: Math.ceil(((1 - tokens) * MINUTE_MS) / rate) };
}
