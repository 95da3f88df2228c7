/** What a crash, a bad disk or a full one does to a chain: whatever is given back was written, whole and in order. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Chain, type ChainOptions } from './chain.ts';
import type { Entry } from './record-format.ts';
import { openFile } from './segment.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elida-chain-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const optionsOf = (more: Partial<ChainOptions> = {}): ChainOptions => ({
  ...{ folder: join(folder, 'c'), producer: 'edge-1/one', salt: 0xdeadbeef, openFile, fsync: 'never' },
  ...{ bytesMax: () => 1e9, segmentBytes: 400, damaged: () => {} },
  ...more,
});

const leafOf = (seq: number): Uint8Array => Buffer.from(`leaf ${seq} ${'x'.repeat(seq % 50)}`);
const entriesOf = (from: number, count: number): Entry[] =>
  Array.from({ length: count }, (_, n) => ({ seq: from + n, leaf: leafOf(from + n) }));

async function readAll(chain: Chain, after = 0): Promise<number[]> {
  const seqs: number[] = [];
  for (let at = after; ; at = seqs.at(-1) ?? at) {
    const read = await chain.read(at, 7, 1e6);
    if (read.length === 0) return seqs;
    for (const { seq, leaf } of read) {
      expect(Buffer.from(leaf).toString()).toBe(Buffer.from(leafOf(seq)).toString());
      seqs.push(seq);
    }
  }
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function segments(): Promise<{ path: string; bytes: Buffer }[]> {
  const names = (await readdir(join(folder, 'c'))).filter((name) => name.endsWith('.spool')).sort();
  return Promise.all(
    names.map(async (name) => ({ path: join(folder, 'c', name), bytes: await readFile(join(folder, 'c', name)) })),
  );
}

async function written(count: number): Promise<void> {
  const chain = await Chain.create(optionsOf());
  for (let at = 1; at <= count; at += 3) await chain.append(entriesOf(at, Math.min(3, count - at + 1)));
  await chain.close(false);
}

test('what was appended is read in order, also behind any number, and by the next process, whose numbers go on', async () => {
  await written(40);
  const { chain, recovered } = await Chain.open(optionsOf());
  expect([chain.lastSeq, recovered.cut, recovered.holes]).toEqual([40, 0, []]);
  expect((await segments()).length).toBeGreaterThan(2);
  expect(await readAll(chain)).toEqual(numbers(1, 40));
  expect(await readAll(chain, 17)).toEqual(numbers(18, 40));
  await chain.append(entriesOf(41, 2));
  expect(await readAll(chain, 39)).toEqual([40, 41, 42]);
  expect(await readAll(chain, 5)).toEqual(numbers(6, 42));
  await chain.close(true);
});

test('cut anywhere, as by a crash: every record before the cut is there, none other, and the chain goes on', async () => {
  await written(12);
  const found = await segments();
  const last = found.at(-1);
  if (!last) throw new Error('no segment');
  const { chain: whole } = await Chain.open(optionsOf());
  const all = await readAll(whole);
  await whole.close(false);
  for (let size = 0; size < last.bytes.length; size++) {
    await writeFile(last.path, last.bytes.subarray(0, size));
    const { chain, recovered } = await Chain.open(optionsOf());
    const read = await readAll(chain);
    expect(read).toEqual(all.slice(0, read.length));
    expect(recovered.holes).toEqual([]);
    expect(chain.lastSeq).toBe(read.length);
    await chain.append(entriesOf(chain.lastSeq + 1, 1));
    expect((await readAll(chain)).at(-1)).toBe(read.length + 1);
    await chain.close(false);
  }
});

test('any flipped bit: all other records are there, unaltered, and the lost one is named where others follow it', async () => {
  await written(12);
  const found = await segments();
  for (const [index, { path, bytes }] of found.entries()) {
    for (let at = 0; at < bytes.length; at++) {
      const bad = Buffer.from(bytes);
      bad[at] = (bad[at] as number) ^ (1 << (at % 8));
      await writeFile(path, bad);
      const { chain, recovered } = await Chain.open(optionsOf());
      const read = await readAll(chain);
      const missing = numbers(1, 12).filter((seq) => !read.includes(seq));
      expect(missing.length, `segment ${index} byte ${at}`).toBeLessThanOrEqual(1);
      const isTail = missing[0] === 12;
      expect(recovered.holes).toEqual(missing.length === 0 || isTail ? [] : [{ from: missing[0], to: missing[0] }]);
      await chain.close(false);
      for (const segment of found) await writeFile(segment.path, segment.bytes);
    }
  }
}, 60_000);

test('text that looks like a record is none: the checksum begins with a number that nobody else knows', async () => {
  const forged = await Chain.create(optionsOf({ folder: join(folder, 'other'), salt: 1 }));
  await forged.append([{ seq: 5, leaf: Buffer.from('forged') }]);
  await forged.close(false);
  const [name] = (await readdir(join(folder, 'other'))).filter((file) => file.endsWith('.spool'));
  const inside = await readFile(join(folder, 'other', name ?? ''));
  const chain = await Chain.create(optionsOf());
  await chain.append([{ seq: 1, leaf: inside }]);
  await chain.close(false);
  const [segment] = await segments();
  if (!segment) throw new Error('no segment');
  await writeFile(segment.path, segment.bytes.subarray(0, -1));
  const { chain: again } = await Chain.open(optionsOf());
  expect(await again.read(0, 10, 1e6)).toEqual([]);
  await again.close(false);
});

type Step = { readonly do: 'append' | 'trim' | 'read' | 'restart' | 'skip'; readonly n: number };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('append', 'trim', 'read', 'restart', 'skip'),
  n: fc.integer({ min: 1, max: 30 }),
});

test('whatever is done in whatever order: nothing behind the trim is missing, nothing is there twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await rm(join(folder, 'c'), { recursive: true, force: true });
      let chain = await Chain.create(optionsOf());
      const model: number[] = [];
      let next = 1;
      let trimmed = 0;
      for (const { do: what, n } of steps) {
        if (what === 'append') {
          await chain.append(entriesOf(next, n));
          model.push(...numbers(next, next + n - 1));
          next += n;
        } else if (what === 'skip') next += n;
        else if (what === 'trim') {
          trimmed = Math.max(trimmed, Math.min(chain.lastSeq, trimmed + n * 3));
          await chain.trim(trimmed);
        } else if (what === 'restart') {
          await chain.close(false);
          const opened = await Chain.open(optionsOf());
          chain = opened.chain;
          expect(opened.recovered.holes).toEqual([]);
          expect(chain.lastSeq).toBeGreaterThanOrEqual(model.at(-1) ?? 0);
          next = Math.max(next, chain.lastSeq + 1);
        } else {
          const after = trimmed + (n % 5);
          expect(await readAll(chain, after)).toEqual(model.filter((seq) => seq > after));
        }
      }
      expect(await readAll(chain, trimmed)).toEqual(model.filter((seq) => seq > trimmed));
      // Numbers that were skipped are behind as well; records are not.
      expect(model.filter((seq) => seq > trimmed && seq <= chain.keptBehind)).toEqual([]);
      await chain.close(true);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('what is trimmed leaves the disk; the number that comes next does not', async () => {
  const chain = await Chain.create(optionsOf());
  await chain.append(entriesOf(1, 30));
  const before = chain.bytes;
  await chain.trim(30);
  expect(chain.bytes).toBeLessThan(before / 4);
  await chain.close(true);
  const { chain: again } = await Chain.open(optionsOf());
  expect([again.lastSeq, again.keptBehind]).toEqual([30, 30]);
  await again.close(true);
});

test('a disk that is full in the middle of a write leaves nothing of it behind, and takes it when there is room', async () => {
  let left = Number.POSITIVE_INFINITY;
  const chain = await Chain.create(
    optionsOf({
      segmentBytes: 1e6,
      openFile: async (path, flags) => {
        const file = await openFile(path, flags);
        return new Proxy(file, {
          get(target, key) {
            if (key !== 'write') {
              const value: unknown = Reflect.get(target, key);
              return typeof value === 'function' ? value.bind(target) : value;
            }
            return async (bytes: Buffer, at: number, length: number, position: number) => {
              if (left <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
              const part = Math.min(length, left);
              left -= part;
              return target.write(bytes, at, part, position);
            };
          },
        });
      },
    }),
  );
  await chain.append(entriesOf(1, 5));
  left = 33;
  await expect(chain.append(entriesOf(6, 5))).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(chain.probe()).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(await readAll(chain)).toEqual(numbers(1, 5));
  left = Number.POSITIVE_INFINITY;
  await chain.probe();
  await chain.append(entriesOf(6, 5));
  expect(await readAll(chain)).toEqual(numbers(1, 10));
  await chain.close(false);
  const { chain: again, recovered } = await Chain.open(optionsOf());
  expect([await readAll(again), recovered.cut]).toEqual([numbers(1, 10), 0]);
  await again.close(false);
});

test('a folder that somebody removed while it was in use: what was in it is told once, and what comes next is kept', async () => {
  const told: [number, number][] = [];
  const chain = await Chain.create(optionsOf({ damaged: (from, to) => void told.push([from, to]) }));
  for (let at = 1; at <= 40; at += 4) await chain.append(entriesOf(at, 4));
  await chain.trim(8);
  await rm(join(folder, 'c'), { recursive: true });
  expect(await readAll(chain, 10)).toEqual([]);
  await chain.append(entriesOf(41, 5));
  expect(await readAll(chain, 10)).toEqual(numbers(41, 45));
  expect(told.flatMap(([from, to]) => numbers(from, to))).toEqual(numbers(11, 40));
  await chain.close(false);
  const { chain: again } = await Chain.open(optionsOf());
  expect([await readAll(again), again.lastSeq]).toEqual([numbers(41, 45), 45]);
  await again.close(false);
});

test('a chain never grows beyond its size', async () => {
  const chain = await Chain.create(optionsOf({ bytesMax: () => 1_000 }));
  await expect(
    (async () => {
      for (let at = 1; at < 100; at++) await chain.append(entriesOf(at, 1));
    })(),
  ).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(chain.bytes).toBeLessThanOrEqual(1_000);
  await chain.trim(chain.lastSeq);
  await chain.append(entriesOf(chain.lastSeq + 1, 1));
  await chain.close(false);
});
