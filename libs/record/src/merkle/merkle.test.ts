import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash, rootOver } from './hash.ts';
import { planConsistency, planInclusion, planRange, planRoot } from './proof.ts';
import { nodesOf } from './range.ts';
import { openTiles, type ReadPlan, type TileId } from './tile.ts';
import { Tree } from './tree.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// The inputs and roots that Certificate Transparency's implementations share (RFC 6962 §2.1).
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A tree with a store of tiles, as the database has one: only the widest of a place is kept. */
function stored(leaves: readonly Uint8Array[]) {
  const tiles = new Map<string, Uint8Array>();
  const roots = [emptyRoot()];
  let tree = Tree.empty();
  const read = ({ level, index }: TileId): Uint8Array => tiles.get(`${level}/${index}`) ?? new Uint8Array(0);
  leaves.forEach((leaf, at) => {
    tree.append(leafHash(leaf));
    roots.push(tree.root());
    if (at % 3 !== 0) return;
    for (const tile of tree.takeTiles()) tiles.set(`${tile.level}/${tile.index}`, tile.bytes);
    // A writer that starts again goes on from what is stored.
    if (at % 2 === 0) tree = Tree.restore(tree.size, openTiles(tree.size).map(read));
  });
  for (const tile of tree.takeTiles()) tiles.set(`${tile.level}/${tile.index}`, tile.bytes);
  return { roots, run: <T>(plan: ReadPlan<T>): T => plan.finish(plan.tiles.map(read)) };
}

const numbered = (count: number): Uint8Array[] => Array.from({ length: count }, (_, n) => Buffer.from(`leaf ${n}`));
const big = stored(numbered(1_000));
const root = (size: number): Uint8Array => big.roots[size] ?? new Uint8Array(0);

describe('the tree', () => {
  it('has the roots of the published vectors, from no leaf to eight', () => {
    const { roots, run } = stored(LEAVES.map((leaf) => Buffer.from(leaf, 'hex')));
    expect(roots.map(hex)).toEqual(ROOTS);
    expect(ROOTS.map((_, size) => hex(run(planRoot(size, 8))))).toEqual(ROOTS);
  });

  it('gives the published proofs', () => {
    const { run } = stored(LEAVES.map((leaf) => Buffer.from(leaf, 'hex')));
    expect(run(planConsistency(6, 7)).map(hex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(run(planConsistency(2, 5)).map(hex)).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('has the root of the plain definition at every size, over tile borders and restarts', () => {
    const hashes = numbered(1_000).map(leafHash);
    for (const size of [1, 255, 256, 257, 511, 512, 513, 767, 999, 1_000]) {
      expect(hex(root(size))).toBe(hex(rootOver(hashes.slice(0, size))));
    }
  });

  it('asks for few tiles, however large it is', () => {
    const size = 12_345_678;
    expect(planInclusion(7_654_321, size).tiles.length).toBeLessThanOrEqual(8);
    expect(planConsistency(7_654_321, size).tiles.length).toBeLessThanOrEqual(8);
    expect(openTiles(size)).toEqual([
      { level: 0, index: 48_225, width: 78 },
      { level: 1, index: 188, width: 97 },
      { level: 2, index: 0, width: 188 },
    ]);
  });

  it('a tile that is missing or short is an error, not a proof', () => {
    const plan = planInclusion(3, 300);
    expect(() => plan.finish(plan.tiles.map(() => new Uint8Array(32)))).toThrow(RangeError);
    expect(() => planInclusion(3, 3)).toThrow(RangeError);
    expect(() => planConsistency(4, 3)).toThrow(RangeError);
    expect(() => Tree.restore(3, [new Uint8Array(64)])).toThrow(RangeError);
  });
});

const sizes = fc.integer({ min: 1, max: 1_000 });
const flips = fc.record({ at: fc.nat(), bit: fc.nat({ max: 255 }) });

function flip(proof: readonly Uint8Array[], { at, bit }: { at: number; bit: number }): Uint8Array[] {
  const copy = proof.map((hash) => new Uint8Array(hash));
  const chosen = copy[at % copy.length];
  if (chosen) chosen[bit >> 3] = (chosen[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('for any tree', () => {
  it('every leaf is proven, and no other leaf, index, size, root or flipped bit passes', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), flips, (size, at, bit) => {
        const index = at % size;
        const claim = { index, size, leafHash: leafHash(Buffer.from(`leaf ${index}`)), root: root(size) };
        const proof = big.run(planInclusion(index, size));
        expect(verifyInclusion(claim, proof)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: leafHash(Buffer.from('other')) }, proof)).toBe(false);
        expect(verifyInclusion({ ...claim, root: root(size - 1) }, proof)).toBe(false);
        expect(verifyInclusion({ ...claim, index: (index + 1) % (size + 1) }, proof)).toBe(false);
        expect(verifyInclusion(claim, [...proof, root(size)])).toBe(false);
        if (proof.length > 0) {
          expect(verifyInclusion(claim, flip(proof, bit))).toBe(false);
          expect(verifyInclusion(claim, proof.slice(1))).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('every earlier tree is proven to be its beginning, and nothing else passes', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), flips, (size, at, bit) => {
        const earlier = at % (size + 1);
        const [old, now] = [
          { size: earlier, root: root(earlier) },
          { size, root: root(size) },
        ];
        const proof = big.run(planConsistency(earlier, size));
        expect(verifyConsistency(old, now, proof)).toBe(true);
        expect(verifyConsistency(old, now, [...proof, root(size)])).toBe(false);
        if (earlier > 0) {
          expect(verifyConsistency({ ...old, root: root(earlier - 1) }, now, proof)).toBe(false);
          expect(verifyConsistency(old, { ...now, root: root(size - 1) }, proof)).toBe(false);
        }
        if (proof.length > 0) expect(verifyConsistency(old, now, flip(proof, bit))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('what is gone is stood for by few hashes, from which the root follows', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, at) => {
        const from = at % size;
        const kept = big.run(planRange({ from, to: size }, size));
        expect(kept).toHaveLength(nodesOf({ from, to: size }).length);
        expect(kept.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});
