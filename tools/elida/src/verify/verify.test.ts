/** The verifier against what others published: it has nothing in common with our own writer but the documents. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameChanges } from './changed-leaves.ts';
import { readEvent } from './read-event.ts';
import { hashOfLeaf, RootBuilder, subtreeSizes } from './root-builder.ts';
import { SeenNumbers } from './seen-numbers.ts';
import { openNote, parseCheckpoint, parseKey, parseRetention } from './signed-note.ts';
import { uncovered } from './spans.ts';

describe('the tree', () => {
  // The inputs and roots that Certificate Transparency's implementations share (RFC 6962 §2.1).
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
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

  it('has the published roots', () => {
    const tree = new RootBuilder();
    const found = [tree.root().toString('hex')];
    for (const leaf of leaves) {
      tree.add(1, hashOfLeaf(Buffer.from(leaf, 'hex')));
      found.push(tree.root().toString('hex'));
    }
    expect(found).toEqual(roots);
  });

  it('has the same root where subtrees stand for their leaves', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(200), (a, b, c) => {
        const hashes = Array.from({ length: a + b + c }, (_, n) => hashOfLeaf(Buffer.from(`${n}`)));
        const rootOf = (from: number, to: number): Buffer => {
          const tree = new RootBuilder();
          for (const hash of hashes.slice(from, to)) tree.add(1, hash);
          return tree.root();
        };
        const tree = new RootBuilder();
        for (const hash of hashes.slice(0, a)) tree.add(1, hash);
        let at = a;
        for (const size of subtreeSizes(a, a + b)) {
          tree.add(size, rootOf(at, at + size));
          at += size;
        }
        for (const hash of hashes.slice(a + b)) tree.add(1, hash);
        expect(tree.root()).toEqual(rootOf(0, hashes.length));
      }),
    );
  });
});

describe('a signed note', () => {
  const key = parseKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
  const keys = key ? [key] : [];
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const signature =
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

  it('as published is believed, and not with another text, without its signature or with another key', () => {
    expect(keys).toHaveLength(1);
    expect(openNote(`${text}\n${signature}`, keys)).toBe(text);
    expect(openNote(`${text}\n— someone AAAAAAAA\n${signature}`, keys)).toBe(text);
    expect(openNote(`${text.replace('answer', 'Answer')}\n${signature}`, keys)).toBeNull();
    expect(openNote(`${text}\n— someone AAAAAAAA\n`, keys)).toBeNull();
    expect(openNote(`${text}${signature}`, keys)).toBeNull();
    expect(openNote(`${text}\n${signature}`, [])).toBeNull();
  });

  it('a key whose id is not its own is no key', () => {
    expect(parseKey('PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toBeNull();
    expect(parseKey('PeterNeumann+c74f20a3')).toBeNull();
  });

  it('a checkpoint is read by its lines', () => {
    const root = Buffer.alloc(32, 7);
    expect(parseCheckpoint(`a.b/c\n12\n${root.toString('base64')}\ntime 1970-01-01T00:00:01.000Z\n`)).toEqual({
      origin: 'a.b/c',
      size: 12,
      root,
      at: 1_000,
    });
    expect(parseCheckpoint(`a.b/c\n012\n${root.toString('base64')}\n`)).toBeNull();
    expect(parseCheckpoint('a.b/c\n12\nAAAA\n')).toBeNull();
  });

  it('a retention statement is no checkpoint, and a checkpoint no statement', () => {
    const statement = 'elida retention v1\na.b/c\ntime 1970-01-01T00:00:01.000Z\n0 5\n7 9\n';
    expect(parseCheckpoint(statement)).toBeNull();
    expect(parseRetention(statement)).toEqual({
      origin: 'a.b/c',
      removed: [
        { from: 0, to: 5 },
        { from: 7, to: 9 },
      ],
    });
    expect(parseRetention(`a.b/c\n12\n${Buffer.alloc(32).toString('base64')}\n`)).toBeNull();
    expect(parseRetention(`${statement}1 x\n`)).toBeNull();
  });
});

describe('a leaf', () => {
  it('is read whatever its bytes are, or said to be no event', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const event = readEvent(bytes);
        expect(event === null || typeof event.seq === 'number').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('numbers of a producer', () => {
  it('in any order are each new once, and what is between them is a gap', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 60 }), (numbers) => {
        const seen = new SeenNumbers();
        const known = new Set<number>();
        for (const number of numbers) {
          expect(seen.add('edge', number)).toBe(!known.has(number));
          known.add(number);
        }
        const gaps = seen.gaps().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, n) => from + n));
        const all = Array.from({ length: 41 }, (_, n) => n);
        const [least, most] = [Math.min(...known), Math.max(...known)];
        expect(gaps).toEqual(all.filter((n) => !known.has(n) && n > least && n < most));
      }),
    );
  });
});

it('what of a span is not covered', () => {
  expect(
    uncovered({ from: 5, to: 20 }, [
      { from: 18, to: 30 },
      { from: 0, to: 7 },
      { from: 9, to: 10 },
    ]),
  ).toEqual([
    { from: 7, to: 9 },
    { from: 10, to: 18 },
  ]);
  expect(uncovered({ from: 5, to: 20 }, [{ from: 5, to: 20 }])).toEqual([]);
});

it('of three leaves that change places in a ring each is named, and none is deleted', () => {
  const ring = [
    { index: 1, stored: 'a', computed: 'b', isReplay: false },
    { index: 4, stored: 'b', computed: 'c', isReplay: false },
    { index: 9, stored: 'c', computed: 'a', isReplay: false },
  ];
  expect(nameChanges(ring).map(({ name, index }) => `${name} ${index}`)).toEqual([
    'reordered 1',
    'reordered 4',
    'reordered 9',
  ]);
});
