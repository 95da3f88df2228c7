import { startRedis } from '@elida/repo';
import { describe, expect, it } from 'vitest';
import { createBullAuditSource } from './bull.ts';

describe('the audit queue', () => {
  it('a worker whose Redis is gone still stops', async () => {
    const redis = await startRedis({ own: true });
    const source = createBullAuditSource({ redisUrl: redis.url });
    source.start(() => Promise.resolve());
    expect(await source.depth()).toBe(0);
    await redis.stop('SIGKILL');
    const start = performance.now();
    await source.close();
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});
