/** Records on their way, against a queue and a worker that a test can wipe, stop and look into, and a disk that fills up. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBatch } from '@elida/contracts';
import { silentLog } from '@elida/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditQueue } from '../ports.ts';
import { Spool, type SpoolOptions } from './open-spool.ts';
import { openFile } from './segment.ts';

let folder = '';
let open: Spool[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elida-spool-'));
});
afterEach(async () => {
  await Promise.all(open.map((spool) => spool.close()));
  open = [];
  await rm(folder, { recursive: true, force: true });
});

/** A queue with its worker: what `work` stores is counted by number. */
class World implements AuditQueue {
  now = 0;
  gone = false;
  known = true;
  jobs: Uint8Array[] = [];
  readonly stored = new Map<string, Map<number, string>>();
  readonly atRisk: number[] = [];
  /** Bytes that the disk still takes. */
  left = Number.POSITIVE_INFINITY;

  send(batch: Uint8Array): Promise<void> {
    if (this.gone) return Promise.reject(new Error('gone'));
    this.jobs.push(batch);
    return Promise.resolve();
  }

  through(producer: string): Promise<number | null> {
    if (this.gone) return Promise.reject(new Error('gone'));
    const seqs = this.stored.get(producer);
    let through = 0;
    while (seqs?.has(through + 1)) through++;
    return Promise.resolve(this.known && seqs ? through : null);
  }

  waiting(): Promise<number> {
    return this.gone ? Promise.reject(new Error('gone')) : Promise.resolve(this.jobs.length);
  }

  work(): void {
    for (const job of this.jobs.splice(0)) {
      const { producer, leaves } = decodeBatch(job);
      const seqs = this.stored.get(producer) ?? new Map<number, string>();
      this.stored.set(producer, seqs);
      for (const leaf of leaves) {
        const text = Buffer.from(leaf).toString();
        const seq = Number(text.split(' ')[0]);
        expect(seqs.get(seq) ?? text, 'one number is one record').toBe(text);
        seqs.set(seq, text);
      }
    }
  }

  numbers(producer: string): number[] {
    return [...(this.stored.get(producer)?.keys() ?? [])].sort((a, b) => a - b);
  }
}

let serial = 0;
async function opened(world: World, more: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await Spool.open({
    ...{ folder, fsync: 'interval', bytesMax: 1e6, segmentBytes: 2_000, max: 100, salt: ++serial },
    ...{ producer: `edge/${serial}`, audit: world, log: silentLog, atRisk: (count) => world.atRisk.push(count) },
    clock: { now: () => world.now, monotonic: () => world.now },
    openFile: async (path, flags) => {
      const file = await openFile(path, flags);
      return {
        read: file.read.bind(file),
        truncate: file.truncate.bind(file),
        datasync: file.datasync.bind(file),
        close: file.close.bind(file),
        write: ((bytes: Buffer, at: number, length: number, position: number) => {
          if (world.left < length) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
          world.left -= length;
          return file.write(bytes, at, length, position);
        }) as typeof file.write,
      };
    },
    ...more,
  });
  open.push(spool);
  return spool;
}

/** Like the recorder: numbers in a row. */
function push(spool: Spool, from: number, count: number, what = 'first'): void {
  for (let seq = from; seq < from + count; seq++) spool.push({ seq, leaf: Buffer.from(`${seq} ${what}`) });
}

/** Flushes as the timer does, once a second of the world's clock, until it is so. */
async function until(world: World, spool: Spool, isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !isSo(); turn++) {
    world.now += 1_000;
    await new Promise((resolve) => setImmediate(resolve));
    await spool.flush();
  }
  expect(isSo()).toBe(true);
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, n) => n + 1);

test('what is stored leaves the disk, and not before', async () => {
  const world = new World();
  const spool = await opened(world);
  push(spool, 1, 300);
  await until(world, spool, () => world.jobs.length > 0 && spool.held === 0);
  const full = spool.bytes;
  for (let second = 0; second < 4; second++) {
    world.now += 1_000;
    await spool.flush();
  }
  expect(spool.bytes).toBe(full);
  world.work();
  await until(world, spool, () => spool.bytes < 300);
  expect(world.numbers(spool.producer)).toEqual(numbers(300));
});

test('a queue that was wiped gets all again that the worker does not have', async () => {
  const world = new World();
  const spool = await opened(world);
  push(spool, 1, 50);
  await until(world, spool, () => world.jobs.length > 0 && spool.held === 0);
  world.work();
  push(spool, 51, 200);
  await until(world, spool, () => world.jobs.length > 0 && spool.held === 0);
  world.jobs = [];
  await until(world, spool, () => {
    world.work();
    return world.numbers(spool.producer).length === 250;
  });
  expect(world.numbers(spool.producer)).toEqual(numbers(250));
});

test('more than memory may hold is read back from the disk when the queue returns', async () => {
  const world = new World();
  world.gone = true;
  const spool = await opened(world);
  for (let at = 0; at < 120; at++) {
    push(spool, at * 90 + 1, 90);
    while (spool.held > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(spool.room).toBe(100);
  }
  world.gone = false;
  await until(world, spool, () => {
    world.work();
    return world.numbers(spool.producer).length === 10_800;
  });
}, 30_000);

test('a process that was killed: the next one has its name, its numbers, and what it did not get rid of', async () => {
  const world = new World();
  world.gone = true;
  const first = await opened(world);
  const { producer } = first;
  push(first, 1, 40);
  while (first.held > 0) await new Promise((resolve) => setImmediate(resolve));
  // Killed: nothing is closed. The lock of a process that is gone is none.
  for (const name of await readdir(folder)) await rm(join(folder, name, 'lock'));
  const second = await opened(world);
  expect([second.producer, second.firstSeq]).toEqual([producer, 41]);
  push(second, second.firstSeq, 5, 'second');
  world.gone = false;
  await until(world, second, () => {
    world.work();
    return world.numbers(producer).length === 45;
  });
});

test('two processes on one folder share nothing, and what one leaves the next that starts sends', async () => {
  const world = new World();
  const [first, second] = [await opened(world), await opened(world)];
  expect(first.producer).not.toBe(second.producer);
  world.gone = true;
  push(first, 1, 3);
  push(second, 1, 4);
  await first.close();
  await second.close();
  open = [];
  world.gone = false;
  const third = await opened(world);
  expect([first.producer, second.producer]).toContain(third.producer);
  await until(world, third, () => {
    world.work();
    return world.numbers(first.producer).length === 3 && world.numbers(second.producer).length === 4;
  });
  await until(world, third, () => third.bytes < 200);
  expect((await readdir(folder)).length).toBe(1);
});

test('a full disk promises nothing; what comes meanwhile goes out of memory and is counted, and nothing is lost or numbered twice', async () => {
  const world = new World();
  const spool = await opened(world);
  push(spool, 1, 10);
  await until(world, spool, () => spool.held === 0);
  world.left = 10;
  push(spool, 11, 20);
  await until(world, spool, () => spool.room === 0);
  await until(world, spool, () => spool.held === 0);
  expect(world.atRisk.reduce((sum, count) => sum + count, 0)).toBe(20);
  world.left = Number.POSITIVE_INFINITY;
  await until(world, spool, () => spool.room === 100);
  push(spool, 31, 5);
  await until(world, spool, () => {
    world.work();
    return world.numbers(spool.producer).length === 35;
  });
  // Killed now, its numbers on disk are not all that it used: another name.
  for (const name of await readdir(folder)) await rm(join(folder, name, 'lock'));
  const next = await opened(world);
  expect(next.producer).not.toBe(spool.producer);
  expect(next.firstSeq).toBe(1);
});

test('a spool that has its size promises nothing until the worker has stored some of it', async () => {
  const world = new World();
  world.gone = true;
  const spool = await opened(world, { bytesMax: 80_000, segmentBytes: 4_000 });
  let seq = 1;
  while (spool.room > 0) {
    push(spool, seq, 50);
    seq += 50;
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(spool.bytes).toBeLessThanOrEqual(80_000);
  world.gone = false;
  await until(world, spool, () => {
    world.work();
    return spool.room === 100;
  });
  await until(world, spool, () => {
    world.work();
    return world.numbers(spool.producer).length === seq - 1;
  });
}, 30_000);

test('closed in order: all is sent, or on disk', async () => {
  const world = new World();
  const spool = await opened(world);
  push(spool, 1, 5);
  await spool.close();
  world.work();
  expect(world.numbers(spool.producer)).toEqual(numbers(5));
  world.gone = true;
  const again = await opened(world);
  push(again, again.firstSeq, 5);
  await again.close();
  world.gone = false;
  const third = await opened(world);
  await until(world, third, () => {
    world.work();
    return world.numbers(spool.producer).length === 10;
  });
});
