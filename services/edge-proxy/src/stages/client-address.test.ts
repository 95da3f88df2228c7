import { describe, expect, test } from 'vitest';
import { Networks } from '../tables/networks.ts';
import { clientAddress } from './client-address.ts';

const proxies = new Networks([
  { cidr: '10.0.0.0/8', value: true as const },
  { cidr: 'fd00::/8', value: true as const },
]);
const from = (peer: string, forwarded?: string): string =>
  clientAddress(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, proxies);

describe('the client behind proxies', () => {
  test('a peer that is no configured proxy is the client, whatever it claims', () => {
    expect(from('203.0.113.9', '10.1.1.1, 127.0.0.1')).toBe('203.0.113.9');
  });
  test('the walk goes from the right and stops at the first address that is no proxy', () => {
    expect(from('10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.2')).toBe('198.51.100.7');
  });
  test('a forged entry on the left is never reached', () => {
    expect(from('10.0.0.1', '127.0.0.1, 198.51.100.7')).toBe('198.51.100.7');
  });
  test('nonsense ends the walk at the last address our own proxies vouch for', () => {
    expect(from('10.0.0.1', '198.51.100.7, unknown, 10.0.0.2')).toBe('10.0.0.2');
    expect(from('10.0.0.1', '')).toBe('10.0.0.1');
  });
  test('IPv4 inside IPv6 is the IPv4 address', () => {
    expect(from('::ffff:10.0.0.1', '::ffff:198.51.100.7')).toBe('198.51.100.7');
    expect(from('fd00::1', '2001:db8::7')).toBe('2001:db8::7');
  });
});
