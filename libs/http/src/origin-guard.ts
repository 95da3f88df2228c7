/**
 * A caller without a credential is trusted because of where he is. A web page in his browser is there too: it can send
 * requests (CSRF) and can make its own name point to loopback (DNS rebinding). So such a request must name us as its
 * host, must not come from another origin, and must not be one that a form can send.
 * Sources: Fetch § 3.2 (Origin), Fetch Metadata (Sec-Fetch-Site), OWASP CSRF cheat sheet.
 */
import { headerOf, type Knock } from './caller.ts';

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
const SAFE = new Set(['GET', 'HEAD']);
/** Somebody else's request, passed on by a proxy on this machine: its sender is not local. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

export const isLoopback = (address: string): boolean =>
  address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);

/** `localhost:9090` → `localhost`; `[::1]:9090` → `[::1]`. */
const nameOf = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

/** @param hosts further names, beside those of loopback. @returns why it is refused, or null. */
export function foreignReason(knock: Knock, hosts: readonly string[]): string | null {
  const allowed = (name: string): boolean => LOOPBACK_NAMES.includes(name) || hosts.includes(name);
  if (FORWARDED.some((name) => headerOf(knock, name) !== undefined)) return 'the request was passed on by a proxy';
  const host = headerOf(knock, 'host') ?? '';
  if (!allowed(nameOf(host))) return 'the Host header does not name this machine';
  const origin = headerOf(knock, 'origin');
  if (origin !== undefined) {
    const own = URL.canParse(origin) ? new URL(origin) : null;
    // Same name and same port: another server on this machine is another origin.
    if (!own || own.host.toLowerCase() !== host.toLowerCase()) return 'the request comes from another origin';
  }
  const site = headerOf(knock, 'sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request comes from another site';
  const type = headerOf(knock, 'content-type');
  if (!SAFE.has(knock.method) && type !== undefined && !/^application\/(json|[\w.+-]+\+json)\b/i.test(type))
    return 'the body must be application/json';
  return null;
}
