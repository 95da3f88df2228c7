/**
 * Which part of a conversation has been inspected before. Clients send it whole every turn; a rolling hash over its messages
 * says how much of it the session has already shown to the same rules. What stands outside of the messages (instructions,
 * tools) has a hash of its own, so that a changed tool does not make the whole conversation new.
 *
 * Keyed by the installation: who can make two conversations with one hash could show the one and send the other.
 */
import { hash } from 'node:crypto';
import { type Installation, mac } from '@elida/kernel';
import type { InspectedHead } from '@elida/session';
import type { Pace } from './pace.ts';

/** Characters of base64url, together at most 32 (libs/session, InspectedHead). */
const OUTSIDE_CHARS = 12;
const CHAIN_CHARS = 20;
/** Of what stands outside and cannot be taken for inspected. */
const NEVER = '-'.repeat(OUTSIDE_CHARS);

export interface History {
  /** Hash of what stands outside of the messages. */
  readonly outside: string;
  /** `chain[n]`: of the first n messages. */
  readonly chain: readonly string[];
}

export interface Inspected {
  /** Messages from the first on. */
  readonly count: number;
  readonly outside: boolean;
  /** Hash of the head that this goes on from; empty: none. */
  readonly replaces: string;
}

/** @param texts `messageTexts` of libs/dialects. @param rules hash of the policy's rules. */
export async function historyOf(secret: string, rules: string, texts: readonly string[], pace: Pace): Promise<History> {
  const seed = digest(`${secret}${rules}`);
  const chain: string[] = [];
  let last = digest(`${seed} messages`);
  chain.push(last.slice(0, CHAIN_CHARS));
  for (let at = 1; at < texts.length; at++) {
    last = digest(`${seed}${last}${texts[at]}`);
    chain.push(last.slice(0, CHAIN_CHARS));
    if (pace.due) await pace.giveWay();
  }
  return { outside: digest(`${seed} outside ${texts[0] ?? ''}`).slice(0, OUTSIDE_CHARS), chain };
}

const digest = (text: string): string => hash('sha256', text, 'base64url');

/** The longest of the heads that this conversation goes on from. */
export function inspectedOf({ outside, chain }: History, heads: readonly InspectedHead[]): Inspected {
  let count = 0;
  let replaces = '';
  let isOutside = false;
  for (const head of heads) {
    isOutside ||= head.hash.startsWith(outside);
    if (head.count >= chain.length || head.hash.slice(OUTSIDE_CHARS) !== chain[head.count]) continue;
    if (replaces !== '' && head.count <= count) continue;
    count = head.count;
    replaces = head.hash;
  }
  return { count, outside: isOutside, replaces };
}

export type NextHead = InspectedHead & { readonly replaces: string };

/**
 * @param messages how many there are. @param open indices of messages that must be looked at again: what is edited must be edited
 *   again next turn, when the client sends it as it was.
 * @returns null where the conversation is inspected no further than before, or what was sent is none.
 */
export function nextHead(
  history: History,
  { count, outside, replaces }: Inspected,
  messages: number,
  open: readonly number[],
): NextHead | null {
  if (messages === 0) return null;
  const isOutside = open.every((message) => message >= 0);
  const firstOpen = open.reduce((first, message) => (message < 0 ? first : Math.min(first, message)), messages);
  const upTo = Math.max(count, firstOpen);
  if (upTo === 0 && !isOutside) return null;
  const hashed = `${isOutside ? history.outside : NEVER}${history.chain[upTo] ?? ''}`;
  const isSame = hashed === replaces || (upTo === count && outside && !isOutside);
  return isSame ? null : { count: upTo, hash: hashed, replaces };
}

/** By installation: what is derived from its key. */
const secrets = new WeakMap<Installation, string>();

export function secretOf(installation: Installation): string {
  const known = secrets.get(installation);
  if (known !== undefined) return known;
  const secret = mac(installation.key('inspection'), 'history').toString('base64url');
  secrets.set(installation, secret);
  return secret;
}
