/**
 * What lies encrypted where others can read: AES-256-GCM under a key of the tenant (HKDF-SHA256 of the installation's
 * secret), bound to what it belongs to. Layout: 1 (version), nonce of 12 bytes, ciphertext, tag of 16 bytes.
 * The nonce is random: 2³² messages under one key keep the odds of a repetition below 2⁻³² (NIST SP 800-38D §8.3).
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Installation } from './secret.ts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;

/** Where a sealed text belongs: moved to another place it cannot be opened. */
export interface SealedPlace {
  readonly tenant: string;
  readonly session: string;
  readonly incarnation: number;
  readonly exchange: string;
  readonly id: string;
}

const tenantKey = (installation: Installation, tenant: string): Buffer =>
  Buffer.from(hkdfSync('sha256', installation.key('capture'), 'elida', `capture/${tenant}`, 32));

const placed = ({ tenant, session, incarnation, exchange, id }: SealedPlace): Buffer =>
  Buffer.from(JSON.stringify([tenant, session, incarnation, exchange, id]));

export function sealText(installation: Installation, place: SealedPlace, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', tenantKey(installation, place.tenant), nonce);
  cipher.setAAD(placed(place));
  const sealed = [cipher.update(text, 'utf8'), cipher.final()];
  return Buffer.concat([Buffer.of(VERSION), nonce, ...sealed, cipher.getAuthTag()]);
}

/** @returns null where it was changed, moved, or sealed under another secret. */
export function openSealed(installation: Installation, place: SealedPlace, sealed: Uint8Array): string | null {
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== VERSION) return null;
  const key = tenantKey(installation, place.tenant);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(placed(place));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (error) {
    // Node has no code of its own for a tag that does not fit.
    if (error instanceof Error && /authenticate/.test(error.message)) return null;
    throw error;
  }
}
