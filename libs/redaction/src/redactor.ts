/** Irreversible redaction of everything that is kept: records, events, logs. Linear in the text. */
import { type CustomPattern, compilePattern } from './custom-pattern.ts';
import { builtInDetectors, MAY_MATCH } from './detectors/index.ts';
import { isJson } from './json-syntax.ts';
import { redactJsonText } from './json-text.ts';
import { secretKindOf, secretValue } from './secret-keys.ts';
import { type Detector, replaceSpans, type Span } from './span.ts';

export interface RedactorOptions {
  /** Further patterns, as `storage.redaction.patterns` has them. */
  readonly patterns?: readonly CustomPattern[];
  /** False keeps loopback, link-local and RFC 1918 addresses. Default true. */
  readonly redactPrivateIps?: boolean;
  /** `seeds`: the ten patterns of the seed documents alone. Default `all`. */
  readonly builtIn?: 'seeds' | 'all';
}

export interface Redactor {
  /** Plain text, JSON, or an event stream: JSON stays JSON, and of it only strings change. */
  redact(text: string): string;
  /** A copy of plain data (objects, arrays, strings, numbers, booleans, null) with its strings redacted, keys too. */
  redactObject<T>(value: T): T;
}

/** Deeper data is not ours, and would cost stack. */
const DEPTH_MAX = 64;
/** JSON inside JSON strings (tool arguments) is opened this often. */
const NESTING_MAX = 4;

/** @throws TypeError where a pattern is not accepted; ask `patternProblem` first. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const builtIn = builtInDetectors({
    redactPrivateIps: options.redactPrivateIps ?? true,
    beyondSeeds: (options.builtIn ?? 'all') === 'all',
  });
  const custom = (options.patterns ?? []).map(detectorOf);

  const redactShown = (text: string): string => {
    const found: Span[] = [];
    if (MAY_MATCH.test(text)) for (const detect of builtIn) detect(text, found);
    for (const detect of custom) detect(text, found);
    return replaceSpans(text, found);
  };

  /** What only shows once it is decoded is replaced there: then the whole text stays decoded. */
  const redactPlain = (text: string): string => {
    const redacted = redactShown(text);
    if (!PERCENT.test(redacted)) return redacted;
    const decoded = redacted.replace(PERCENTS, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    const again = redactShown(decoded);
    return again === decoded ? redacted : again;
  };

  const redactAt = (text: string, nesting: number): string => {
    const first = text.trimStart().charCodeAt(0);
    const mayBeJson = first === 123 || first === 91;
    if (mayBeJson && nesting < NESTING_MAX && isJson(text)) {
      return redactJsonText(text, (value) => redactAt(value, nesting + 1));
    }
    return nesting < NESTING_MAX && EVENT_LINE.test(text) ? redactLines(text, nesting) : redactPlain(text);
  };

  /** Lines that are JSON, with or without `data:`, one by one; what lies between them as a whole. */
  const redactLines = (text: string, nesting: number): string => {
    let out = '';
    let done = 0;
    for (let at = 0; at < text.length; ) {
      const end = lineEnd(text, at);
      const from = text.startsWith('data:', at) ? skipSpace(text, at + 5) : at;
      const first = text.charCodeAt(from);
      if (first === 123 || first === 91) {
        const line = text.slice(from, end);
        if (isJson(line)) {
          out += redactPlain(text.slice(done, from)) + redactJsonText(line, (value) => redactAt(value, nesting + 1));
          done = end;
        }
      }
      at = end + 1;
    }
    return out + redactPlain(text.slice(done));
  };

  const redact = (text: string): string =>
    custom.length === 0 && !MAY_MATCH.test(text) && !MAY_HIDE.test(text) ? text : redactAt(text, 0);
  return { redact, redactObject: (value) => copy(value, redact, 0) as typeof value };
}

/** Of printable ASCII (RFC 3986 §2.1): of forms and URLs. */
const PERCENT = /%[2-7][0-9a-f]/i;
const PERCENTS = /%([2-7][0-9a-f])/gi;

/** An escape may hide a match; these words may name a secret. */
const MAY_HIDE =
  /\\u|%[2-7][0-9a-f]|secret|key|token|auth|cookie|credential|passcode|connection|client.?assertion|"(?:ssn|cvv|cvc|pin)"/i;

const skipSpace = (text: string, at: number): number => (text.charCodeAt(at) === 32 ? at + 1 : at);

/** Offset of the CR or LF that ends the line at `start`, or the text's end. */
function lineEnd(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); end < text.length && code !== 10 && code !== 13; )
    code = text.charCodeAt(++end);
  return end;
}

/** A line that begins as the lines of an event stream or of NDJSON do. */
const EVENT_LINE = /^(?:data:|event:|\{)/m;

function detectorOf(pattern: CustomPattern): Detector {
  const compiled = compilePattern(pattern.pattern);
  if ('problem' in compiled) throw new TypeError(`redaction pattern ${pattern.name}: ${compiled.problem}`);
  const { expression } = compiled;
  return (text, found) => {
    expression.lastIndex = 0;
    for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
      found.push({ start: match.index, end: expression.lastIndex, replacement: pattern.replacement });
    }
  };
}

function copy(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEPTH_MAX) return '[REDACTED_DEPTH]';
  if (Array.isArray(value)) return value.map((item) => copy(item, redact, depth + 1));
  const entries = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    const kind = secretKindOf(key);
    const secret = (text: string): string => (kind === null ? redact(text) : secretValue(kind, redact(text)));
    const isText = typeof item === 'string' || (Array.isArray(item) && item.every((each) => typeof each === 'string'));
    entries.set(freeName(redact(key), entries), copy(item, isText ? secret : redact, depth + 1));
  }
  return Object.fromEntries(entries);
}

/** Two keys may become one (`[REDACTED_EMAIL]`): neither is lost. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = taken.size + 1; taken.has(free); count++) free = `${name}#${count}`;
  return free;
}
