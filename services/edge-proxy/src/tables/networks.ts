/** Which network an address is in: CIDRs of trusted peers and proxies, compiled once per snapshot. */
import ipaddr from 'ipaddr.js';

/** Answers are kept by address; bounded, because peers choose theirs. */
const KNOWN_MAX = 4_096;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) counts as the IPv4 address. @returns null where it is no address. */
function parse(text: string): Address | null {
  const plain = text.startsWith('[') ? text.slice(1, text.indexOf(']')) : text;
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : null;
}

/** The canonical spelling, or empty where the text is no address. */
export const canonicalAddress = (text: string): string => parse(text)?.toString() ?? '';

export const isLoopback = (text: string): boolean => parse(text)?.range() === 'loopback';

export class Networks<T> {
  readonly #ranges: { readonly range: [Address, number]; readonly value: T }[];
  readonly #known = new Map<string, T | null>();

  /** The most specific of several that hold an address counts. @throws Error where a CIDR is malformed. */
  constructor(entries: readonly { readonly cidr: string; readonly value: T }[]) {
    this.#ranges = entries
      .map(({ cidr, value }) => ({ range: ipaddr.parseCIDR(cidr), value }))
      .sort((a, b) => b.range[1] - a.range[1]);
  }

  /** @returns null where no network holds the address. */
  find(address: string): T | null {
    if (this.#ranges.length === 0) return null;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const parsed = parse(address);
    const hit = this.#ranges.find(
      ({ range }) => parsed !== null && parsed.kind() === range[0].kind() && parsed.match(range as never),
    );
    const value = hit?.value ?? null;
    if (this.#known.size < KNOWN_MAX) this.#known.set(address, value);
    return value;
  }
}
