/** Which network an address is in: CIDRs of trusted peers and proxies, compiled once per snapshot. */
import ipaddr from 'ipaddr.js';
import { Remembered } from '../remembered.ts';

/** Answers are kept by address; bounded, because peers choose theirs. */
const KNOWN_MAX = 4_096;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) counts as the IPv4 address. @returns null where it is no address. */
function parse(text: string): Address | null {
  const plain = text.startsWith('[') ? text.slice(1, text.indexOf(']')) : text;
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : null;
}

export interface KnownAddress {
  /** The canonical spelling; empty where the text is no address. */
  readonly canonical: string;
  readonly isLoopback: boolean;
}

const addresses = new Remembered<KnownAddress>(KNOWN_MAX);

export function knownAddress(text: string): KnownAddress {
  const known = addresses.get(text);
  if (known !== undefined) return known;
  const parsed = parse(text);
  return addresses.set(text, { canonical: parsed?.toString() ?? '', isLoopback: parsed?.range() === 'loopback' });
}

export class Networks<T> {
  readonly #ranges: { readonly range: [Address, number]; readonly value: T }[];
  readonly #known = new Remembered<T | null>(KNOWN_MAX);

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
    return this.#known.set(address, hit?.value ?? null);
  }
}
