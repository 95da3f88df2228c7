/** Proofs of RFC 6962 §2.1.1 and §2.1.2, as plans: which tiles to read, then what the proof is. */
import { emptyRoot, largestPowerBelow, nodeHash } from './hash.ts';
import type { Range } from './range.ts';
import { planRead, type ReadPlan } from './tile.ts';

/** From the right: what a range of leaves hashes to. */
const fold = (nodes: readonly Uint8Array[]): Uint8Array =>
  nodes.length === 0 ? emptyRoot() : nodes.reduceRight((right, left) => nodeHash(left, right));

function planHashes(ranges: readonly Range[], size: number): ReadPlan<Uint8Array[]> {
  const { tiles, finish } = planRead(ranges, size);
  return { tiles, finish: (bytes) => finish(bytes).map(fold) };
}

/** That leaf `index` is in the tree of `size` leaves: hashes from the leaf up. `index` < `size`. */
export function planInclusion(index: number, size: number): ReadPlan<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const ranges: Range[] = [];
  for (let from = 0, to = size; to - from > 1; ) {
    const middle = from + largestPowerBelow(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return planHashes(ranges.reverse(), size);
}

/** That the tree of `size` leaves begins with the tree of `earlier` leaves. Empty where either says all. */
export function planConsistency(earlier: number, size: number): ReadPlan<Uint8Array[]> {
  if (!(earlier >= 0 && earlier <= size)) throw new RangeError(`no tree of ${earlier} in a tree of ${size}`);
  if (earlier === 0) return planHashes([], size);
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (earlier < to) {
    const middle = from + largestPowerBelow(to - from);
    if (earlier <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // The earlier root itself is known to whoever asks.
  if (from > 0) ranges.push({ from, to });
  return planHashes(ranges.reverse(), size);
}

/** The root that the tree had when it had `earlier` leaves. */
export function planRoot(earlier: number, size: number): ReadPlan<Uint8Array> {
  const { tiles, finish } = planHashes([{ from: 0, to: earlier }], size);
  return { tiles, finish: (bytes) => finish(bytes)[0] ?? emptyRoot() };
}

/** The fewest hashes that stand for leaves that are not there any more; left to right, as `nodesOf` has them. */
export function planRange(range: Range, size: number): ReadPlan<Uint8Array[]> {
  const { tiles, finish } = planRead([range], size);
  return { tiles, finish: (bytes) => finish(bytes)[0] ?? [] };
}
