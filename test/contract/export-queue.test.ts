/** Jobs of exports, in memory and on BullMQ: each sink has its own, a job is tried until it is done. */
import { createBullExports, createMemoryExports, type ExportQueue } from '@elida/queue';
import { startRedis } from '@elida/repo';
import { afterEach, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { emptied } from './redis-admin.ts';

const soon = { timeout: 20_000, interval: 10 };
const backOff = (): number => 20;

function exportQueueContract(title: string, start: () => Promise<ExportQueue>): void {
  describe(`the export queue ${title}`, () => {
    const open: ExportQueue[] = [];
    const started = async (): Promise<ExportQueue> => {
      const queue = await start();
      open.push(queue);
      // A client that has just begun to connect says that its server is away.
      await expect.poll(() => queue.depth('a').catch(() => -1), soon).toBe(0);
      return queue;
    };
    afterEach(async () => {
      for (const queue of open.splice(0)) await queue.close();
    });

    it('hands every job to its sink, and forgets what is done', async () => {
      const queue = await started();
      const seen: string[] = [];
      queue.work('a', async (id) => void seen.push(`a${id}`));
      queue.work('b', async (id) => void seen.push(`b${id}`));
      await queue.add('a', ['1', '2']);
      await queue.add('b', ['1']);
      await expect.poll(() => seen.toSorted(), soon).toEqual(['a1', 'a2', 'b1']);
      await expect.poll(() => queue.depth('a'), soon).toBe(0);
    });

    it('does not hold twice what waits already', async () => {
      const queue = await started();
      await queue.add('a', ['1', '2']);
      await queue.add('a', ['2', '1', '3']);
      expect(await queue.depth('a')).toBe(3);
      const seen: string[] = [];
      queue.work('a', async (id) => void seen.push(id));
      await expect.poll(() => seen.toSorted(), soon).toEqual(['1', '2', '3']);
      await expect.poll(() => queue.depth('a'), soon).toBe(0);
      // Done is forgotten: it may come again.
      await queue.add('a', ['1']);
      await expect.poll(() => seen.length, soon).toBe(4);
    });

    it('tries again what failed, for as long as it fails, and delays no other sink', async () => {
      const queue = await started();
      const tries: string[] = [];
      const done: string[] = [];
      queue.work('a', async (id) => {
        tries.push(id);
        if (tries.length < 5) throw new Error('the sink is away');
      });
      queue.work('b', async (id) => void done.push(id));
      await queue.add('a', ['1']);
      await queue.add('b', ['1', '2']);
      await expect.poll(() => done.length, soon).toBe(2);
      await expect.poll(() => tries, soon).toEqual(['1', '1', '1', '1', '1']);
      await expect.poll(() => queue.depth('a'), soon).toBe(0);
    });

    it('lets a job in hand finish when it closes', async () => {
      const queue = await started();
      const began = Promise.withResolvers<void>();
      const may = Promise.withResolvers<void>();
      let isDone = false;
      queue.work('a', async () => {
        began.resolve();
        await may.promise;
        isDone = true;
      });
      await queue.add('a', ['1']);
      await began.promise;
      const closing = queue.close();
      may.resolve();
      await closing;
      expect(isDone).toBe(true);
    });
  });
}

exportQueueContract('in memory', async () => createMemoryExports({ backOff }));

await describeWith('BullMQ', { redis: () => startRedis() }, (backends) => {
  exportQueueContract('on BullMQ', async () =>
    createBullExports({ redisUrl: await emptied(backends.redis.url), backOff }),
  );

  it('two workers take each job once', async () => {
    const redisUrl = await emptied(backends.redis.url);
    const both = [createBullExports({ redisUrl, backOff }), createBullExports({ redisUrl, backOff })] as const;
    const seen: string[] = [];
    const ids = Array.from({ length: 200 }, (_, n) => String(n + 1));
    try {
      await expect.poll(() => both[0].depth('a').catch(() => -1), soon).toBe(0);
      for (const queue of both) queue.work('a', async (id) => void seen.push(id));
      await Promise.all([both[0].add('a', ids), both[1].add('a', ids).catch(() => undefined)]);
      await expect.poll(() => both[0].depth('a'), soon).toBe(0);
      expect(new Set(seen).size).toBe(ids.length);
    } finally {
      for (const queue of both) await queue.close();
    }
  });
});
