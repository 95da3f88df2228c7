/** The hashes of RFC 6962 §2.1: SHA-256, with a first byte that keeps leaves and nodes apart. */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(hash('sha256', parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), 'buffer'));

/** Of the empty tree. */
export const emptyRoot = (): Uint8Array => sha256(new Uint8Array(0));

export const leafHash = (leaf: Uint8Array): Uint8Array => sha256(LEAF, leaf);

export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(NODE, left, right);

/** The root over `hashes`, from the right: each split leaves the largest power of two on the left. */
export function rootOver(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return emptyRoot();
  if (hashes.length === 1) return first;
  const left = largestPowerBelow(hashes.length);
  return nodeHash(rootOver(hashes.slice(0, left)), rootOver(hashes.slice(left)));
}

/** The largest power of two smaller than `n`; `n` is at least 2. Not by bits: sizes may pass 2³¹. */
export function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
