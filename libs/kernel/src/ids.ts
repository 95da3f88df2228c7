/** New identifiers. Times inside them are Unix ms. */
import { createHash, randomBytes } from 'node:crypto';
import { base32 } from '@elida/contracts';

export { base32 };

// randomBytes costs a system call: draw for many ids at once.
let pool = Buffer.alloc(0);
let used = 0;
function random(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

export const newOrderId = (): string => `ord_${base32(random(10))}`;
export const newExchangeId = (): string => `exc_${base32(random(10))}`;

/** 128 random bits in base64url: hides a value behind its digest. */
export const newSalt = (): string => random(16).toString('base64url');

/** RFC 9562 UUIDv7. */
export function uuidv7(now: number): string {
  const bytes = Buffer.alloc(16);
  random(16).copy(bytes);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return uuidText(bytes);
}

/**
 * RFC 9562 UUIDv5 in ELIDA's own namespace: the same name is the same id, so what is recorded twice is stored once.
 * @param name e.g. `session_ended/<sid>/<incarnation>`.
 */
export function uuidv5(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = 0x50 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return uuidText(bytes);
}

const NAMESPACE = Buffer.from('b1f3c9f07c3a4d1e9b4c1d5f6a0e8c27', 'hex');

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
