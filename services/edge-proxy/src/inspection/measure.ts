/** What counter rules look at: of the session as the store counted it, and of the request at hand. */
import type { RequestContent } from '@elida/dialects';
import {
  ANOMALY_RATE,
  compoundAnomaly,
  entropyOf,
  type Metric,
  type Metrics,
  rateAnomaly,
  rateKey,
} from '@elida/policy';
import type { SessionCounts } from '@elida/session';
import type { RunningExchange } from '../running-exchange.ts';
import type { EdgePolicy } from '../tables/edge-policy.ts';

const NONE: Metrics = {};

/** @param bytesIn of this request's body. @param content null: nothing of it was read. */
export function measure(
  policy: EdgePolicy,
  { seen }: RunningExchange,
  bytesIn: number,
  content: RequestContent | null,
): Metrics {
  const { metrics, compiled } = policy;
  if (metrics.size === 0 && compiled.rates.length === 0) return NONE;
  const out: Record<string, number> = {};
  if (seen.counts !== null) addCounts(out, seen.counts, bytesIn);
  compiled.rates.forEach(({ metric, windowMs }, index) => {
    const value = seen.rates[index];
    if (value !== undefined) out[rateKey(metric, windowMs)] = value;
  });
  if (content !== null) addRequest(out, metrics, content);
  if (seen.counts !== null) addAnomaly(out, metrics, seen.counts, content);
  return out;
}

/** The store counts a request when it has been answered, or a second after it went out: the mean is not above the true one. */
function addAnomaly(
  out: Partial<Record<Metric | typeof ANOMALY_KEY, number>>,
  wanted: ReadonlySet<Metric>,
  { requests, ageMs }: SessionCounts,
  content: RequestContent | null,
): void {
  const lastMinute = out[ANOMALY_KEY];
  if (lastMinute === undefined || !(wanted.has('rate_anomaly') || wanted.has('compound_anomaly'))) return;
  const probability = rateAnomaly({ requests: requests + 1, lastMinute, ageMs });
  if (probability === null) return;
  out.rate_anomaly = probability;
  if (content === null || !wanted.has('compound_anomaly')) return;
  out.compound_anomaly = compoundAnomaly(probability, entropyOf(newestText(content)).bits);
}

const ANOMALY_KEY = rateKey(ANOMALY_RATE.metric, ANOMALY_RATE.windowMs);
const NEWEST_CHARS_MAX = 65_536;

/** The rest of the conversation has been looked at in its turn. */
function newestText({ segments, messages }: RequestContent): string {
  let text = '';
  for (const segment of segments) {
    if (segment.messageIndex === messages - 1) text += segment.text.slice(0, NEWEST_CHARS_MAX - text.length);
  }
  return text;
}

/** The exchange at hand counts as well: the limit is met by the request that goes beyond it. */
function addCounts(out: Partial<Record<Metric, number>>, counts: SessionCounts, bytesIn: number): void {
  out.request_count = counts.requests + 1;
  out.bytes_in = counts.bytesIn + bytesIn;
  out.bytes_out = counts.bytesOut;
  out.bytes_total = counts.bytesIn + bytesIn + counts.bytesOut;
  out.duration = counts.ageMs / 1_000;
  out.idle_time = counts.idleMs / 1_000;
  out.tokens_in = counts.tokensIn;
  out.tokens_out = counts.tokensOut;
  out.tokens_total = counts.tokensIn + counts.tokensOut;
  out.tool_call_count = counts.toolCalls;
  out.tool_fanout = counts.toolFanout;
}

function addRequest(
  out: Partial<Record<Metric, number>>,
  wanted: ReadonlySet<Metric>,
  { segments, messages, outputTokensMax }: RequestContent,
): void {
  if (wanted.has('request_text_bytes')) {
    out.request_text_bytes = segments.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  }
  out.request_messages = messages;
  if (outputTokensMax !== null) out.max_tokens = outputTokensMax;
}
