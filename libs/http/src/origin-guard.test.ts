import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignReason, isLoopback } from './origin-guard.ts';

const knock = (headers: Record<string, string>, method = 'GET') => ({ method, headers, address: '127.0.0.1' });

describe('the origin guard', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('%s is loopback', (address) => {
    expect(isLoopback(address)).toBe(true);
  });
  it.each(['', '10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1', 'localhost', '127.0.0.1.evil', '1127.0.0.1'])(
    '%j is not',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );

  it('property: no name but those of loopback and those that are allowed gets in, whatever its port', () => {
    const ours = new Set(['localhost', '127.0.0.1', '[::1]', 'elida.test']);
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.string()), fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        const reason = foreignReason(knock({ host: `${name}:${port}` }), ['elida.test']);
        expect(reason === null).toBe(ours.has(name.toLowerCase()));
      }),
    );
  });

  it('an origin must be ours to the port', () => {
    const at = (origin: string) => foreignReason(knock({ host: 'localhost:9090', origin }), []);
    expect(at('http://localhost:9090')).toBeNull();
    for (const origin of [
      'http://localhost:9091',
      'http://127.0.0.1:9090',
      'https://evil',
      'null',
      '',
      'localhost:9090',
    ])
      expect(at(origin)).not.toBeNull();
  });

  it('a request that changes something must not be one that a form can send', () => {
    const at = (type: string) => foreignReason(knock({ host: 'localhost', 'content-type': type }, 'POST'), []);
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/merge-patch+json'])
      expect(at(type)).toBeNull();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/json',
      'application/jsonx',
    ])
      expect(at(type)).not.toBeNull();
  });
});
