/**
 * Who the client is behind configured proxies: X-Forwarded-For counts only from them, and is walked from the right, because
 * what is left of the first address that is no proxy of ours was written by the client.
 */
import type { Headers } from '../caller.ts';
import { knownAddress, type Networks } from '../tables/networks.ts';

export function clientAddress(peer: string, headers: Headers, proxies: Networks<true>): string {
  let client = knownAddress(peer).canonical || peer;
  if (proxies.find(peer) === null) return client;
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined) return client;
  const hops = String(forwarded).split(',');
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = knownAddress((hops[at] as string).trim()).canonical;
    // Nonsense: our own proxy wrote what is right of it, so that is as far as we know.
    if (hop === '') return client;
    client = hop;
    if (proxies.find(hop) === null) return client;
  }
  return client;
}
