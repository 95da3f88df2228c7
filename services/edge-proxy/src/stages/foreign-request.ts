/**
 * Who is let in because he is on this machine brings nothing but his place, and others can borrow it: a web page posts
 * across sites or opens a socket (Origin), or makes its own name point to loopback (Host); a tunnel passes on strangers.
 * Sources: Fetch § 3.2, Fetch Metadata (Sec-Fetch-Site), RFC 6455 § 10.2, RFC 7239.
 */
import { isIP } from 'node:net';
import type { Headers } from '../caller.ts';

const LOCAL_PAGE = /^(?:http|ws)s?:\/\/(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** Other schemes are those of programs (`vscode-webview:`, `app:`); `null` is a page that hides where it is from. */
const PAGE = /^(?:(?:http|ws)s?:|null$)/i;

const single = (value: Headers[string]): string => (typeof value === 'string' ? value : '');

/** A name without a dot or an address cannot be made to point here by somebody else. */
function isForeignName(authority: string): boolean {
  const name = authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  return name.includes('.') && isIP(name) === 0 && !name.endsWith('.localhost');
}

/** @returns why the place of the sender says nothing, or null. */
export function foreignReason(headers: Headers): string | null {
  if (isForeignName(single(headers.host))) return 'The Host header does not name this machine';
  const origin = single(headers.origin);
  if (PAGE.test(origin) && !LOCAL_PAGE.test(origin)) return 'The request comes from a page of another origin';
  if (origin === '' && headers['sec-fetch-site'] === 'cross-site')
    return 'The request comes from a page of another site';
  return null;
}
