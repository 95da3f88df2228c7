/**
 * One installation secret, a key per purpose by HKDF-SHA256 (RFC 5869). `session-id` never rotates; the others carry
 * the secret's `kid`.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

export type Purpose =
  | 'session-id'
  | 'api-key'
  | 'provider-key'
  | 'doorbell'
  | 'address'
  | 'inspection'
  | 'audit-log'
  | 'capture';

export interface Installation {
  readonly kid: string;
  key(purpose: Purpose): Buffer;
}

/** @param secret at least 32 bytes, as base64url or any text of that length. */
export function openInstallation(secret: string): Installation {
  if (secret.length < 32) throw new Error('the installation secret must be at least 32 characters long');
  const keys = new Map<Purpose, Buffer>();
  const derive = (label: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, 'elida', label, bytes));
  return {
    kid: derive('kid', 6).toString('base64url'),
    key(purpose) {
      const known = keys.get(purpose);
      if (known) return known;
      const key = derive(purpose, 32);
      keys.set(purpose, key);
      return key;
    },
  };
}

export const newSecret = (): string => randomBytes(32).toString('base64url');

export const mac = (key: Buffer, data: string | Uint8Array): Buffer => createHmac('sha256', key).update(data).digest();

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
