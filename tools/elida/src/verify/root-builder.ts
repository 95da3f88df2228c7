/** The root of a Merkle tree (RFC 6962 §2.1) from its leaves or whole subtrees, left to right. Keeps log₂(n) hashes. */
import { createHash } from 'node:crypto';

const digest = (first: number, parts: readonly Uint8Array[]): Buffer => {
  const sha = createHash('sha256').update(Uint8Array.of(first));
  for (const part of parts) sha.update(part);
  return sha.digest();
};

export const hashOfLeaf = (leaf: Uint8Array): Buffer => digest(0, [leaf]);

interface Peak {
  readonly leaves: number;
  readonly hash: Uint8Array;
}

export class RootBuilder {
  readonly #peaks: Peak[] = [];

  /** @param leaves a power of two that divides the number of leaves so far. */
  add(leaves: number, hash: Uint8Array): void {
    let peak: Peak = { leaves, hash };
    for (let left = this.#peaks.at(-1); left?.leaves === peak.leaves; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { leaves: peak.leaves * 2, hash: digest(1, [left.hash, peak.hash]) };
    }
    this.#peaks.push(peak);
  }

  root(): Buffer {
    const [last, ...others] = this.#peaks.map(({ hash }) => hash).reverse();
    if (last === undefined) return createHash('sha256').digest();
    return Buffer.from(others.reduce((right, left) => digest(1, [left, right]), last));
  }
}

/** Sizes of the perfect subtrees that cover leaves `from` to `to`, left to right: the fewest there are. */
export function subtreeSizes(from: number, to: number): number[] {
  const sizes: number[] = [];
  for (let at = from; at < to; at += sizes.at(-1) ?? 1) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 <= to) size *= 2;
    sizes.push(size);
  }
  return sizes;
}
