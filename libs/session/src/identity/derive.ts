/** From hints to ids. What a caller says is always mixed with who they are: nobody can name another's session. */
import { base32, LIMITS } from '@elida/contracts';
import type { FoundHints } from './find-hints.ts';
import type { Hint, Mac } from './hint.ts';

export interface Caller {
  readonly tenant: string;
  readonly principal: string;
}

/** JSON keeps the parts apart whatever is in them, and writes lone surrogates as escapes. */
const digest = (mac: Mac, purpose: string, parts: readonly string[]): Uint8Array =>
  mac(JSON.stringify([purpose, ...parts])).subarray(0, 16);

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const encoder = new TextEncoder();

/** Longer hints than a session's key should carry count by their digest. */
function boundedValue(value: string, mac: Mac): string {
  const max = LIMITS.hintBytesMax.value;
  const isShort = value.length <= max && encoder.encode(value).length <= max;
  return isShort ? value : `digest:${hex(digest(mac, 'long-hint', [value]))}`;
}

/** @returns `ses_` and 26 characters of base32: 128 bits of HMAC(tenant, principal, scope, hint). */
export function deriveSid(mac: Mac, caller: Caller, hint: Pick<Hint, 'scope' | 'value'>): string {
  const parts = [caller.tenant, caller.principal, hint.scope, boundedValue(hint.value, mac)];
  return `ses_${base32(digest(mac, 'session', parts))}`;
}

/** Under which the store keeps which session gave a reply (`previous_response_id`). Another principal never finds it. */
export const replyKeyOf = (mac: Mac, caller: Caller, replyId: string): string =>
  `rep_${base32(digest(mac, 'reply', [caller.tenant, caller.principal, replyId]))}`;

/** A session without any hint: this client with that backend. */
export const clientHint = (backend: string): Hint => ({ kind: 'client', scope: 'client', value: backend });

// A person's own session name can be its display name, unless it looks like one of ours.
const OWN_NAME = /^(?!ses_|client-)[A-Za-z0-9][\w.:-]{0,63}$/;

function displayNameOf(mac: Mac, caller: Caller, hint: Hint, sid: string): string {
  if (hint.scope === 'client') {
    const client = hex(digest(mac, 'client-name', [caller.tenant, caller.principal]).subarray(0, 4));
    return `client-${client}-${hint.value}`;
  }
  if (hint.scope === 'explicit' && OWN_NAME.test(hint.value)) return hint.value;
  return `${hint.kind}-${sid.slice(4, 12)}`;
}

export interface SessionIdentity {
  readonly sid: string;
  readonly hintKind: string;
  readonly displayName: string;
  /** Empty: none. Where `FoundHints.parentSid` is set, the edge decides after checking it. */
  readonly parent: string;
}

/** @param backend counts only where nothing names the conversation. */
export function identify(mac: Mac, caller: Caller, found: FoundHints, backend: string): SessionIdentity {
  const hint = found.hint ?? clientHint(backend);
  const sid = deriveSid(mac, caller, hint);
  return {
    sid,
    hintKind: hint.kind,
    displayName: displayNameOf(mac, caller, hint, sid),
    parent: found.parent === null ? '' : deriveSid(mac, caller, found.parent),
  };
}
