import { createBullAuditQueue, createBullAuditSource, createMemoryAudit } from '@elida/queue';
import { freePort, startChild, startRedis } from '@elida/repo';
import { describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { freeze } from '../harness/freeze.ts';
import { auditQueueContract } from './audit-queue.contract.ts';
import { emptied } from './redis-admin.ts';

const MAX = 20;

auditQueueContract('in memory', async () => {
  const { queue, source } = createMemoryAudit({ max: MAX });
  return { queue, source, max: MAX, close: () => source.close() };
});

await describeWith('BullMQ', { redis: () => startRedis() }, (backends) => {
  auditQueueContract('on BullMQ', async () => {
    const redisUrl = await emptied(backends.redis.url);
    const queue = createBullAuditQueue({ redisUrl, depthMax: MAX });
    const source = createBullAuditSource({ redisUrl });
    return {
      queue,
      source,
      max: MAX,
      async close() {
        await queue.close();
        await source.close();
      },
    };
  });
});

await describeWith('BullMQ on a Redis of our own', { redis: () => startRedis({ own: true }) }, (backends) => {
  const outcome = async (work: Promise<void>): Promise<{ ok: boolean; ms: number }> => {
    const began = performance.now();
    const ok = await work.then(
      () => true,
      () => false,
    );
    return { ok, ms: performance.now() - began };
  };

  describe('when Redis is away', () => {
    it('starts all the same; sending rejects within a bounded time; both ends come up with Redis', async () => {
      const port = await freePort();
      const redisUrl = `redis://127.0.0.1:${port}`;
      const queue = createBullAuditQueue({ redisUrl, waitMs: 500 });
      const source = createBullAuditSource({ redisUrl });
      const seen: number[] = [];
      source.start(async (bytes) => {
        seen.push(bytes[0] ?? -1);
      });
      const gone = await outcome(queue.send(Uint8Array.of(1)));
      expect(gone.ok).toBe(false);
      expect(gone.ms).toBeLessThan(1_500);
      const redis = await startRedis({ own: true, port });
      await expect
        .poll(
          () =>
            queue.send(Uint8Array.of(2)).then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true);
      await expect.poll(() => seen, { timeout: 10_000 }).toContain(2);
      await queue.close();
      await source.close();
      await redis.stop();
    });

    it('frozen, sending rejects within a bounded time, and goes on afterwards', async () => {
      const redisUrl = backends.redis.url;
      const queue = createBullAuditQueue({ redisUrl, waitMs: 300 });
      await queue.send(Uint8Array.of(1));
      await freeze(backends.redis.pid);
      const frozen = await outcome(queue.send(Uint8Array.of(2)));
      expect(frozen.ok).toBe(false);
      expect(frozen.ms).toBeLessThan(1_500);
      process.kill(backends.redis.pid, 'SIGCONT');
      await expect
        .poll(
          () =>
            queue.send(Uint8Array.of(3)).then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true);
      await queue.close();
    });

    it('a worker that died with a batch in hand has not lost it', async () => {
      const redisUrl = await emptied(backends.redis.url);
      const queue = createBullAuditQueue({ redisUrl });
      const library = import.meta.resolve('@elida/queue');
      const program = `const { createBullAuditSource } = await import(${JSON.stringify(library)});
        const source = createBullAuditSource({ redisUrl: ${JSON.stringify(redisUrl)}, lockMs: 300 });
        source.start(() => { console.log('taken'); return new Promise(() => {}); });`;
      await queue.send(Uint8Array.of(7));
      await new Promise<void>((resolve, reject) => {
        const taken = (line: string): void => {
          if (line === 'taken') void started.then((child) => child.stop('SIGKILL')).then(resolve, reject);
        };
        const started = startChild({
          command: process.execPath,
          args: ['--input-type=module', '-e', program],
          onLine: taken,
        });
      });
      const heir = createBullAuditSource({ redisUrl, lockMs: 300 });
      const seen: number[] = [];
      heir.start(async (bytes) => {
        seen.push(bytes[0] ?? -1);
      });
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual([7]);
      await heir.close();
      await queue.close();
    });
  });
});
