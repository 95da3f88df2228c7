/** Where a process listens and whom it trusts: `host:port`, `:port` (every interface), `[::1]:port`; CIDRs. */
import { z } from 'zod';

export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

/** @returns null where the text is no address to listen on. */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]*)):(\d{1,5})$/i.exec(text);
  if (!match) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

export const printListen = ({ host, port }: ListenAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Only names and addresses that never leave the machine. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i.test(host);

export const listenAddress = z
  .string()
  .refine((text) => parseListen(text) !== null, { message: 'must be host:port, such as 127.0.0.1:8080' });

const range = z.union([z.cidrv4(), z.cidrv6()]);
const address = z.union([z.ipv4(), z.ipv6()]);

/** A network; a single address counts as the network of that address. */
export const cidr = z.string().transform((text, context) => {
  if (range.safeParse(text).success) return text;
  if (address.safeParse(text).success) return `${text}/${text.includes(':') ? 128 : 32}`;
  context.addIssue({ code: 'custom', message: 'must be a network such as 10.0.0.0/8 or fd00::/8' });
  return z.NEVER;
});
