import { startRedis } from '@elida/repo';
import { describe, expect, it } from 'vitest';
import { createBullAuditQueue, createBullAuditSource } from './bull.ts';

describe('the audit queue', () => {
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
