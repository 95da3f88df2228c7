/**
 * Where the injected key of a backend comes from. What is stored and published is never the key itself:
 * from the file: a reference to the file's own entry, `file:/path`, `secret:name`; over the API: sealed under the
 * installation's secret, or `secret:name`. A path or variable named over the API could read anything: refused.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type Installation, mac } from '@elida/kernel';

export type KeySource =
  | { readonly kind: 'none' }
  /** `mark`: changes with the value, tells nothing about it. */
  | { readonly kind: 'reference'; readonly ref: string; readonly mark: string }
  | { readonly kind: 'sealed'; readonly sealed: string; readonly mark: string };

/** `ref` of a key that stands in the file itself (or came into it from a variable). */
const IN_FILE = 'config';
const SECRET_NAME = /^secret:([a-z0-9][a-z0-9._-]{0,62})$/i;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const markOf = (installation: Installation, value: string): string =>
  mac(installation.key('provider-key'), `backend/${value}`).toString('hex').slice(0, 12);

const sealingKey = (installation: Installation): Buffer =>
  Buffer.from(hkdfSync('sha256', installation.key('provider-key'), 'elida', 'backend-key', 32));

export function seal(installation: Installation, value: string, name: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, sealingKey(installation), nonce);
  cipher.setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** @throws Error where it was sealed for another backend or under another secret. */
export function unseal(installation: Installation, sealed: string, name: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv(ALGORITHM, sealingKey(installation), bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

export function sourceFromFile(installation: Installation, apiKey: string | undefined): KeySource {
  if (!apiKey) return { kind: 'none' };
  const mark = markOf(installation, apiKey);
  const isElsewhere = apiKey.startsWith('file:') || SECRET_NAME.test(apiKey);
  return { kind: 'reference', ref: isElsewhere ? apiKey : IN_FILE, mark };
}

/** @throws Fault invalid. */
export function sourceFromApi(installation: Installation, apiKey: string | undefined, name: string): KeySource {
  if (!apiKey) return { kind: 'none' };
  const mark = markOf(installation, apiKey);
  if (SECRET_NAME.test(apiKey)) return { kind: 'reference', ref: apiKey, mark };
  if (/^(file:|secret:|\$\{)/.test(apiKey))
    throw new Fault('invalid', 'body.api_key: over the API a key is given itself, or as secret:<name>', {
      errors: [{ path: 'body.api_key', message: 'is the key itself, or secret:<name>' }],
    });
  return { kind: 'sealed', sealed: seal(installation, apiKey, name), mark };
}

/** @param inFile the key that the file has for this backend. @throws Fault not_found where it cannot be had. */
export async function keyOf(
  source: KeySource,
  name: string,
  { installation, secretsDir, inFile }: { installation: Installation; secretsDir: string; inFile: string | undefined },
): Promise<string> {
  switch (source.kind) {
    case 'none':
      throw new Fault('not_found', `the backend ${name} has no key`);
    case 'sealed':
      return unseal(installation, source.sealed, name);
    case 'reference': {
      if (source.ref === IN_FILE) {
        if (inFile === undefined) throw new Fault('not_found', `the file no longer has the key of ${name}`);
        return inFile;
      }
      const secret = SECRET_NAME.exec(source.ref)?.[1];
      const path = secret === undefined ? source.ref.slice('file:'.length) : join(secretsDir, secret);
      return readKey(path, name);
    }
  }
}

async function readKey(path: string, name: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new Fault('not_found', `the key of ${name} cannot be read`, { cause: error });
  }
}
