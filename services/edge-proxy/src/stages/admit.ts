/** The cheap refusals, before any await: is the request well-formed, and does it carry anything that we accept at all? */
import { LIMITS } from '@elida/contracts';
import { Fault, type Installation, mac, sameBytes } from '@elida/kernel';
import type { Headers } from '../caller.ts';
import { knownAddress } from '../tables/networks.ts';
import type { KeyHolder, Tables } from '../tables/tables.ts';
import { clientAddress } from './client-address.ts';
import { foreignReason } from './foreign-request.ts';

/** What a request is, apart from its body. HTTP requests and WebSocket upgrades alike. */
export interface Arrival {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Headers;
  readonly httpVersion: string;
  readonly peer: string;
}

export interface Admission {
  /** Path and query as they came, without scheme and authority. */
  readonly target: string;
  readonly clientAddress: string;
  /** The holder of the ELIDA key that was shown, if one was. */
  readonly key: KeyHolder | null;
  /** Tenant of the trusted network of the direct peer; null: it is in none. */
  readonly networkTenant: string | null;
  /** The caller's own provider key; empty: none. */
  readonly providerKey: string;
  readonly loopback: boolean;
  readonly mayChooseBackend: boolean;
}

const FIRST_PRINTABLE = 0x21;
const HEADER_VALUES_MAX = LIMITS.headerCountMax.value * 2;
/** Where two values would let us believe one and the provider the other. */
const ONCE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'x-api-key',
  'x-elida-api-key',
  'api-key',
  'x-goog-api-key',
  'x-backend',
]);
/** A page's only place for a key of a WebSocket's: a subprotocol (OpenAI's Realtime API). */
const KEY_IN_PROTOCOLS = /(?:^|,)[\t ]*openai-insecure-api-key\.([^\t ,]+)/;
const KEY_HEADERS = ['x-api-key', 'api-key', 'x-goog-api-key'] as const;
/**
 * Token routes and the relay: a token in such a path is a credential of ours, and no provider may see it. And what is
 * answered before an exchange begins, but not to WebSockets.
 */
const RESERVED = /^\/(?:t|(?:v[12]\/)?__gw__)\/|^\/(?:relay\/generate|healthz|readyz)(?:\?|$)/;
const ELIDA_KEY = /^elida_([A-Za-z0-9]+)_(.+)$/;

function checkHeaders({ method, rawHeaders, httpVersion, headers }: Arrival): void {
  // The parser also takes 2.0 in a request line.
  if (!httpVersion.startsWith('1.')) throw new Fault('bad_request', 'The protocol is not HTTP/1.1');
  // Its answer would show the caller what we add, the backend's key first (RFC 9110 §9.3.8).
  if (method === 'TRACE') throw new Fault('bad_request', 'TRACE is not served');
  if (rawHeaders.length > HEADER_VALUES_MAX) throw new Fault('headers_too_large', 'There are too many headers');
  if (httpVersion !== '1.0' && headers.host === undefined) throw new Fault('bad_request', 'The Host header is missing');
  // Node joins or drops what appears twice: as many names as values means that nothing does.
  if (Object.keys(headers).length * 2 < rawHeaders.length) checkOnce(rawHeaders);
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && String(coding).trim().toLowerCase() !== 'chunked') {
    throw new Fault('bad_request', 'The only transfer coding is chunked');
  }
}

function checkOnce(rawHeaders: readonly string[]): void {
  let seen = '';
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.includes(`|${name}|`)) throw new Fault('bad_request', `The header ${name} appears twice`);
    seen += `|${name}|`;
  }
}

/** RFC 9112 §3.2: origin-form, or absolute-form, whose authority says nothing that routing would believe. */
function originForm(target: string): string {
  let path = target;
  if (target.charCodeAt(0) !== 0x2f) {
    const found = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
    if (found === undefined) throw new Fault('bad_request', 'The request target must be a path');
    path = found.startsWith('/') ? found : `/${found}`;
  }
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code < FIRST_PRINTABLE || code === 0x7f || code > 0xff)
      throw new Fault('bad_request', 'The request target is malformed');
  }
  return path;
}

function checkTarget(target: string): void {
  if (RESERVED.test(target)) throw new Fault('not_found', 'This path is reserved and serves nothing yet');
  // It would go to the provider and into every log on the way.
  if (target.includes('=elida_')) throw new Fault('bad_request', 'An ELIDA key does not belong in a URL');
}

const text = (headers: Headers, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

function bearer(headers: Headers): string {
  const value = text(headers, 'authorization');
  if (value.length > 7 && value.slice(0, 7).toLowerCase() === 'bearer ') return value.slice(7).trimStart();
  return KEY_IN_PROTOCOLS.exec(text(headers, 'sec-websocket-protocol'))?.[1] ?? '';
}

/** An ELIDA key wherever clients can be made to put one. */
function shownElidaKey(headers: Headers): string {
  const own = text(headers, 'x-elida-api-key');
  if (own !== '') return own;
  const bearerKey = bearer(headers);
  if (bearerKey.startsWith('elida_')) return bearerKey;
  for (const name of KEY_HEADERS) {
    const value = text(headers, name);
    if (value.startsWith('elida_')) return value;
  }
  return '';
}

/** @throws Fault not_authenticated: a key that was shown counts or refuses, it never falls back to something weaker. */
function holderOf(shown: string, tables: Tables, installation: Installation, now: number): KeyHolder {
  const [, id = 'shared', secret = shown] = ELIDA_KEY.exec(shown) ?? [];
  const holder = tables.keys.get(id);
  const proof = mac(installation.key('api-key'), secret);
  if (holder === undefined || !sameBytes(proof, holder.hash))
    throw new Fault('not_authenticated', 'The ELIDA key is not valid');
  if (holder.expiresAt <= now) throw new Fault('not_authenticated', 'The ELIDA key has expired');
  return holder;
}

export function admit(arrival: Arrival, tables: Tables, installation: Installation, now: number): Admission {
  checkHeaders(arrival);
  const target = originForm(arrival.target);
  checkTarget(target);
  const { headers, peer } = arrival;
  const client = clientAddress(peer, headers, tables.proxies);
  const shown = shownElidaKey(headers);
  const key = shown === '' ? null : holderOf(shown, tables, installation, now);
  const network = tables.networks.find(peer);
  const providerKey =
    key === null
      ? text(headers, 'x-api-key') || bearer(headers) || text(headers, 'api-key') || text(headers, 'x-goog-api-key')
      : '';
  // A local proxy in front of us does not make its callers local.
  const near = knownAddress(peer).isLoopback && knownAddress(client).isLoopback;
  const foreign = near ? foreignReason(headers) : null;
  const loopback = near && foreign === null;
  const { anonymousLoopback, anonymousAnywhere, providerKeyIdentity } = tables.settings;
  const isOpen = network !== null || (loopback && anonymousLoopback) || anonymousAnywhere;
  if (key === null && !isOpen && !(providerKeyIdentity && providerKey !== '')) {
    if (foreign !== null && anonymousLoopback) throw new Fault('foreign_origin', `${foreign}: send an ELIDA key`);
    throw new Fault('not_authenticated', 'Send an ELIDA key (x-elida-api-key) or your own provider key');
  }
  return {
    target,
    clientAddress: client,
    key,
    networkTenant: network?.tenant ?? null,
    providerKey: providerKeyIdentity ? providerKey : '',
    loopback,
    // Who is only admitted may choose where the choice costs nobody but themselves; a network's entry says it for its own.
    mayChooseBackend: key?.mayChooseBackend ?? network?.mayChooseBackend ?? true,
  };
}
