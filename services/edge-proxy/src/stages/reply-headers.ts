/** Which of the provider's headers go to the caller: all, as they came, but for hop-by-hop fields (RFC 9110 §7.6.1). */

import { Remembered } from '../remembered.ts';
import type { ReplyPipe } from '../reply/index.ts';
import type { RunningExchange } from '../running-exchange.ts';
import { ownHeaders } from './own-headers.ts';

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
  'upgrade',
]);

// By spelling as it came. Bounded: providers choose the spelling.
const drops = new Remembered<boolean>(1_024);

function isDropped(name: string): boolean {
  const known = drops.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  // What only ELIDA may say must not come from a provider.
  return drops.set(name, HOP_BY_HOP.has(lower) || lower.startsWith('x-elida-'));
}

/**
 * @param raw name, value, … as bytes of the wire. What ELIDA says of the exchange is appended.
 * @param drops fields that are not true of what leaves. Lower case.
 */
export function replyHeaders(
  raw: readonly Buffer[],
  status: number,
  connection: string,
  exchange: RunningExchange,
  drops: readonly string[] = [],
): string[] {
  const out: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as Buffer).toString('latin1');
    if (!isDropped(name)) out.push(name, (raw[at + 1] as Buffer).toString('latin1'));
  }
  if (connection !== '' && connection !== 'keep-alive' && connection !== 'close') dropNamed(out, namesIn(connection));
  if (drops.length > 0) dropNamed(out, drops);
  // RFC 9110 §8.6: a 204 has no length; a caller that believed one would wait for it.
  if (status === 204) dropNamed(out, ['content-length']);
  const own = ownHeaders(exchange);
  for (let at = 0; at < own.length; at++) out.push(own[at] as string);
  return out;
}

const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim().toLowerCase());

function dropNamed(headers: string[], names: readonly string[]): void {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (names.includes((headers[at] as string).toLowerCase())) headers.splice(at, 2);
  }
}

/** The head of a provider's reply, kept until it can be sent. */
export interface ReplyHead {
  readonly status: number;
  readonly reason: string;
  /** Name, value, … as bytes of the wire. */
  readonly raw: readonly Buffer[];
  readonly connection: string;
  /** The body's length is not known, so it may be long in coming. */
  readonly isOpenEnded: boolean;
  /** Header fields that are not true of what the caller gets. Lower case. */
  readonly drops: readonly string[];
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const NOTHING: readonly string[] = [];
const LENGTH: readonly string[] = ['content-length'];
const LENGTH_AND_CODING: readonly string[] = ['content-length', 'content-encoding'];

export function replyHead(
  raw: readonly Buffer[],
  status: number,
  reason: string,
  headers: Headers,
  pipe: ReplyPipe | null,
): ReplyHead {
  const changes = pipe?.flow?.changes === true;
  return {
    status,
    reason,
    raw,
    connection: String(headers.connection ?? ''),
    isOpenEnded: changes || headers['content-length'] === undefined,
    drops: pipe?.decodes === true ? LENGTH_AND_CODING : changes ? LENGTH : NOTHING,
  };
}
