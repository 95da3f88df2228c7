import { newSecret, openInstallation } from '@elida/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seal, sourceFromApi, sourceFromFile, unseal } from './key-source.ts';

const installation = openInstallation(newSecret());

describe('sealed keys', () => {
  it('property: come out as they went in, and never twice the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (value, name) => {
        const sealed = seal(installation, value, name);
        expect(unseal(installation, sealed, name)).toBe(value.toWellFormed());
        expect(seal(installation, value, name)).not.toBe(sealed);
      }),
    );
  });

  it('cannot be moved to another backend, changed, or opened under another secret', () => {
    const sealed = seal(installation, 'sk-1', 'openai');
    expect(() => unseal(installation, sealed, 'evil')).toThrow();
    expect(() => unseal(openInstallation(newSecret()), sealed, 'openai')).toThrow();
    const bytes = Buffer.from(sealed, 'base64url');
    bytes[14] = (bytes[14] ?? 0) ^ 1;
    expect(() => unseal(installation, bytes.toString('base64url'), 'openai')).toThrow();
  });
});

describe('where a key comes from', () => {
  it('the file may name files and secrets; what stands in it is referred to, never copied', () => {
    expect(sourceFromFile(installation, undefined)).toEqual({ kind: 'none' });
    expect(sourceFromFile(installation, 'sk-literal')).toMatchObject({ kind: 'reference', ref: 'config' });
    expect(sourceFromFile(installation, 'file:/run/key')).toMatchObject({ ref: 'file:/run/key' });
    expect(sourceFromFile(installation, 'secret:openai')).toMatchObject({ ref: 'secret:openai' });
    expect(JSON.stringify(sourceFromFile(installation, 'sk-literal'))).not.toContain('sk-literal');
  });

  it('the mark changes with the value and tells nothing about it', () => {
    const mark = (key: string) => JSON.stringify(sourceFromFile(installation, key));
    expect(mark('a')).toBe(mark('a'));
    expect(mark('a')).not.toBe(mark('b'));
  });

  it.each(['file:/etc/passwd', 'secret:../x', 'secret:', '${ELIDA_SECRET}'])('the API refuses %s', (key) => {
    expect(() => sourceFromApi(installation, key, 'x')).toThrow('invalid');
  });
});
