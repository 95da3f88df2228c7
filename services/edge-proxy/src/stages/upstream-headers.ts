/**
 * Which of the caller's headers go to the provider. Names, order, spelling and duplicates stay; what goes are hop-by-hop
 * fields (RFC 9110 §7.6.1), ELIDA's own, and credentials that are not for this provider.
 */
import { isOwnHeader } from '@elida/session';
import { Remembered } from '../remembered.ts';

type Kind = 'pass' | 'drop' | 'connection' | 'credential' | 'protocols' | 'encoding' | 'coding' | 'length' | 'host';

const KINDS: Readonly<Record<string, Kind>> = {
  connection: 'connection',
  'keep-alive': 'drop',
  'proxy-connection': 'drop',
  'proxy-authorization': 'drop',
  te: 'drop',
  trailer: 'drop',
  'transfer-encoding': 'drop',
  upgrade: 'drop',
  expect: 'drop',
  host: 'host',
  'content-length': 'length',
  'accept-encoding': 'encoding',
  'content-encoding': 'coding',
  authorization: 'credential',
  'x-api-key': 'credential',
  'api-key': 'credential',
  'x-goog-api-key': 'credential',
  'sec-websocket-protocol': 'protocols',
};

// By spelling as it came, so that the usual names cost one lookup. Bounded: callers choose the spelling.
const seen = new Remembered<Kind>(1_024);

function kindOf(name: string): Kind {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const kind = Object.hasOwn(KINDS, lower) ? (KINDS[lower] as Kind) : isOwnHeader(lower) ? 'drop' : 'pass';
  return seen.set(name, kind);
}

export interface UpstreamHeaderOptions {
  /** Whether this credential header (lower case) with this value may go to this provider. */
  readonly mayPass: (name: string, value: string) => boolean;
  /** Set by the backend: its key, its header map. They replace the caller's of the same name. Lower-case names. */
  readonly set: ReadonlyMap<string, string>;
  /** Ask for plain text, so that an event stream can be ended by an event. */
  readonly identityEncoding: boolean;
  /** A compressed body goes out as text: its coding is not said. */
  readonly dropCoding: boolean;
  /** The body is sent as it streams: its declared length holds. A whole body brings its own. */
  readonly keepLength: boolean;
}

export function upstreamHeaders(raw: readonly string[], options: UpstreamHeaderOptions): string[] {
  const out: string[] = [];
  let named: string[] | null = null;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const kind = kindOf(name);
    if (kind === 'pass') out.push(name, value);
    else if (kind === 'connection') named = namedFields(value, named);
    else if (kind === 'credential' && options.mayPass(name.toLowerCase(), value)) out.push(name, value);
    else if (kind === 'protocols') {
      const kept = protocolsThatMayPass(value, options.mayPass);
      if (kept !== '') out.push(name, kept);
    } else if (kind === 'encoding') out.push(name, options.identityEncoding ? 'identity' : value);
    else if (kind === 'length' && options.keepLength) out.push(name, value);
    else if (kind === 'coding' && !options.dropCoding) out.push(name, value);
  }
  if (named !== null) removeAll(out, named);
  if (options.set.size > 0) {
    removeAll(out, [...options.set.keys()]);
    for (const [name, value] of options.set) out.push(name, value);
  }
  return out;
}

/** A page's only place for a key of a WebSocket's (OpenAI's Realtime API): it passes where a bearer key would. */
const KEY_PROTOCOL = 'openai-insecure-api-key.';

function protocolsThatMayPass(value: string, mayPass: UpstreamHeaderOptions['mayPass']): string {
  if (!value.includes(KEY_PROTOCOL)) return value;
  return value
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((one) => !one.startsWith(KEY_PROTOCOL) || mayPass('authorization', one.slice(KEY_PROTOCOL.length)))
    .join(', ');
}

/** Fields that a Connection header names are hop-by-hop as well. The usual options name none. */
function namedFields(value: string, before: string[] | null): string[] | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return before;
  const names = value.split(',').map((option) => option.trim().toLowerCase());
  return [...(before ?? []), ...names];
}

function removeAll(headers: string[], names: readonly string[]): void {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    const name = (headers[at] as string).toLowerCase();
    // Framing is ours: a caller cannot name it away.
    if (name !== 'content-length' && names.includes(name)) headers.splice(at, 2);
  }
}
