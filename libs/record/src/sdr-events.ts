/** What a session's violations and captures say in its detail record: the span events of the seed document. */
import { type Attributes, SPAN_EVENTS_MAX, type SpanEvent, whereSet } from './span.ts';

export interface SdrViolation {
  /** Unix ms. */
  readonly at: number;
  /** The effective one. */
  readonly severity: string;
  /** Of its event: ViolationData, or what an older version wrote of it. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A request and its reply as they were kept: redacted. */
export interface SdrCapture {
  /** Unix ms. */
  readonly at: number;
  readonly exchange: string;
  readonly method: string;
  readonly path: string;
  readonly requestBody: string;
  readonly responseBody: string;
  /** HTTP; 0: none. */
  readonly statusCode: number;
  /** Of one of the bodies not all is here. */
  readonly truncated: boolean;
}

/** What the record only counts, from the events and captures that have arrived. */
export interface SdrFindings {
  /** Names, sorted, each once. */
  readonly rules: readonly string[];
  /** The effective one; empty: none. */
  readonly maxSeverity: string;
  /** What the rules asked for, sorted, each once. */
  readonly actions: readonly string[];
  /** The oldest ones, in order; at most SPAN_EVENTS_MAX are needed. */
  readonly violations: readonly SdrViolation[];
  /** How many there are. */
  readonly violationCount: number;
  readonly captures: readonly SdrCapture[];
  /** How many are kept. */
  readonly captureCount: number;
  /** The settings keep back those that are not among `captures`: they are not dropped. */
  readonly keepsBack: boolean;
  /** Where the session's events stand in the log of their tenant; null: they do not yet. */
  readonly log: SdrLogPart | null;
}

/** Of a signed tree that contains all of them: whoever holds the record can ask for their proofs. */
export interface SdrLogPart {
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly size: number;
  /** Base64, as in the checkpoint. */
  readonly root: string;
}

export const NO_FINDINGS: SdrFindings = {
  rules: [],
  maxSeverity: '',
  actions: [],
  violations: [],
  violationCount: 0,
  captures: [],
  captureCount: 0,
  keepsBack: false,
  log: null,
};

/** UTF-16 units of all texts of one span's events: collectors take 4 MiB by default, and other spans come along. */
const EVENT_CHARS_MAX = 1_048_576;

/** Violations first, as many as there is room for; then captures; in the order in which they happened. */
export function sdrEvents(findings: SdrFindings): { events: SpanEvent[]; droppedEvents: number } {
  const events: SpanEvent[] = [];
  let chars = 0;
  for (const event of [...findings.violations.map(violationEvent), ...findings.captures.map(captureEvent)]) {
    const size = sizeOf(event.attributes);
    if (events.length >= SPAN_EVENTS_MAX || chars + size > EVENT_CHARS_MAX) continue;
    chars += size;
    events.push(event);
  }
  events.sort((a, b) => a.at - b.at);
  const known = Math.max(findings.violationCount, findings.violations.length);
  const { captures, captureCount, keepsBack } = findings;
  const kept = keepsBack ? captures.length : Math.max(captureCount, captures.length);
  return { events, droppedEvents: known + kept - events.length };
}

export function violationEvent({ at, severity, data }: SdrViolation): SpanEvent {
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  return {
    name: 'policy.violation',
    at,
    attributes: {
      rule_name: text('rule_name'),
      severity,
      matched_text: text('matched_text'),
      ...whereSet({
        description: text('description'),
        action: text('action'),
        policy: text('policy'),
        source_role: text('source_role'),
        side: text('side'),
        category: text('category'),
        'elida.exchange.id': text('exchange'),
      }),
      ...(typeof data.enforced === 'boolean' ? { enforced: data.enforced } : {}),
      ...(typeof data.points === 'number' ? { points: data.points } : {}),
    },
  };
}

function captureEvent(capture: SdrCapture, index: number): SpanEvent {
  return {
    name: 'captured.request',
    at: capture.at,
    attributes: {
      'capture.index': index,
      method: capture.method,
      path: capture.path,
      request_body: capture.requestBody,
      response_body: capture.responseBody,
      status_code: capture.statusCode,
      ...whereSet({ 'elida.exchange.id': capture.exchange }),
      ...(capture.truncated ? { truncated: true } : {}),
    },
  };
}

/** @param charsMax UTF-16 units of each body. */
export function cutCapture(capture: SdrCapture, charsMax: number): SdrCapture {
  const requestBody = cut(capture.requestBody, charsMax);
  const responseBody = cut(capture.responseBody, charsMax);
  const isWhole = requestBody === capture.requestBody && responseBody === capture.responseBody;
  return isWhole ? capture : { ...capture, requestBody, responseBody, truncated: true };
}

/** Never between the halves of a character. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax);
}

const sizeOf = (attributes: Attributes): number =>
  Object.values(attributes).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
