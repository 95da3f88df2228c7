import { fileSchema } from '@elida/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { credentialsPart, filePart, numbered } from './compile.ts';

const settingsOf = (proxy: object) => filePart(fileSchema.parse({ proxy })).settings;

describe('who may call the proxy', () => {
  it.each([
    ['nothing said', {}, true, true],
    ['a key is asked for', { auth: { enabled: true } }, false, false],
    ['a shared key', { auth: { api_key: 'k' } }, false, false],
    ['a shared key, switched off', { auth: { api_key: 'k', enabled: false } }, true, true],
    ['a key, or the caller’s own provider key', { auth: { enabled: true, provider_key_identity: true } }, true, false],
    ['no provider keys', { auth: { provider_key_identity: false } }, false, true],
  ])('%s', (_, proxy, providerKeyIdentity, anonymousLoopback) => {
    expect(settingsOf(proxy)).toMatchObject({ providerKeyIdentity, anonymousLoopback, anonymousAnywhere: false });
  });

  it('only keys of role client reach the edges, and no more of their roles than that', () => {
    const row = (id: string, roles: string[]) => ({
      ...{
        id,
        roles,
        hash: Buffer.from(id),
        kid: 'k',
        name: id,
        owner: 'api' as const,
        tenant: 'default',
        principal: id,
      },
      ...{ backends: [], may_choose_backend: false, expires_at: null, created_by: '', revoked_at: null },
      created_at: new Date(0),
    });
    const { credentials } = credentialsPart(
      [row('b', ['owner', 'client']), row('a', ['client']), row('c', ['owner'])],
      null,
    );
    expect(credentials?.map(({ id, roles }) => [id, roles])).toEqual([
      ['a', ['client']],
      ['b', ['client']],
    ]);
  });
});

describe('the hash of a snapshot', () => {
  const content = filePart(fileSchema.parse({}));

  it('does not depend on version and time', () => {
    expect(numbered(content, 1, 0).hash).toBe(numbered(content, 9, 5).hash);
  });

  it('depends on every setting', () => {
    const other = filePart(fileSchema.parse({ session: { timeout: '5m' } }));
    expect(numbered(other, 1, 0).hash).not.toBe(numbered(content, 1, 0).hash);
  });

  it('property: equal content has equal canonical bytes, whatever the order of its keys', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, shuffled(inner)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
