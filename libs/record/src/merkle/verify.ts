/** Checks of proofs, by RFC 9162 §2.1.3.2 and §2.1.4.2. False for whatever is not a proof. */
import { timingSafeEqual } from 'node:crypto';
import { HASH_BYTES, nodeHash } from './hash.ts';

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
const wellFormed = (proof: readonly Uint8Array[]): boolean => proof.every((hash) => hash.length === HASH_BYTES);
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
}

export function verifyInclusion({ index, size, leafHash, root }: Inclusion, proof: readonly Uint8Array[]): boolean {
  if (!(index >= 0 && index < size) || !wellFormed(proof)) return false;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else hash = nodeHash(hash, sibling);
    node = half(node);
    last = half(last);
  }
  return last === 0 && same(hash, root);
}

export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

export function verifyConsistency(earlier: TreeHead, later: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (earlier.size > later.size || !wellFormed(proof)) return false;
  if (earlier.size === later.size) return proof.length === 0 && same(earlier.root, later.root);
  if (earlier.size === 0) return proof.length === 0;
  // The earlier root is not sent where the earlier tree is one perfect subtree.
  const isPerfect = Number.isInteger(Math.log2(earlier.size));
  const [start, ...rest] = isPerfect ? [earlier.root, ...proof] : proof;
  if (start === undefined) return false;
  let node = earlier.size - 1;
  let last = later.size - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  let old = start;
  let now = start;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      old = nodeHash(sibling, old);
      now = nodeHash(sibling, now);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else now = nodeHash(now, sibling);
    node = half(node);
    last = half(last);
  }
  return last === 0 && same(old, earlier.root) && same(now, later.root);
}
