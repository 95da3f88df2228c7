/** `elida_<id>_<secret>`: the id finds the row, the secret proves it. Only mac(api-key, secret) is kept. */
import { randomBytes } from 'node:crypto';
import { base32, type Installation, mac } from '@elida/kernel';

const FORM = /^elida_([A-Za-z0-9]+)_(.+)$/;

export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

/** @returns null where the text is no key of ours. */
export function parseApiKey(text: string): KeyParts | null {
  const match = FORM.exec(text);
  return match ? { id: match[1] as string, secret: match[2] as string } : null;
}

/** 80 bits of name, 256 bits of secret. */
export const newApiKey = (): KeyParts => ({ id: base32(randomBytes(10)), secret: base32(randomBytes(32)) });

export const printApiKey = ({ id, secret }: KeyParts): string => `elida_${id}_${secret}`;

export const secretHash = (installation: Installation, secret: string): Buffer =>
  mac(installation.key('api-key'), secret);
