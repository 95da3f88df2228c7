import { startRedis } from '@elida/repo';
import { Queue } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { createBullAuditQueue, createBullAuditSource, PREFIX } from './bull.ts';

describe('the audit queue', () => {
  it('a job that no edge made is handed on as it is, once: whoever takes it parks it', async () => {
    const redis = await startRedis({ own: true });
    const queue = createBullAuditQueue({ redisUrl: redis.url });
    const source = createBullAuditSource({ redisUrl: redis.url });
    const { hostname, port } = new URL(redis.url);
    const foreign = new Queue('audit', { connection: { host: hostname, port: Number(port) }, prefix: PREFIX });
    const jobs: readonly unknown[] = [{ not: 'ours' }, { z: 1 }, { b: null }, 'text', null, 7];
    for (const job of jobs) await foreign.add('audit', job);
    const taken: string[] = [];
    source.start((batch) => Promise.resolve(void taken.push(Buffer.from(batch).toString())));
    await expect.poll(() => queue.waiting(), { timeout: 10_000 }).toBe(0);
    expect(taken.sort()).toEqual(jobs.map((job) => JSON.stringify(job)).sort());
    await Promise.all([foreign.close(), source.close(), queue.close()]);
    await redis.stop();
  });

  it('a worker whose Redis is gone still stops', async () => {
    const redis = await startRedis({ own: true });
    const queue = createBullAuditQueue({ redisUrl: redis.url });
    const source = createBullAuditSource({ redisUrl: redis.url });
    const taken = new Promise<void>((resolve) => {
      source.start(() => {
        resolve();
        return Promise.resolve();
      });
    });
    await queue.send(new Uint8Array([1]));
    await taken;
    await redis.stop('SIGKILL');
    await expect(source.depth()).rejects.toThrow();
    const start = performance.now();
    await source.close();
    expect(performance.now() - start).toBeLessThan(15_000);
    await queue.close();
  });
});
