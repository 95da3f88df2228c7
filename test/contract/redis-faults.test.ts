/** The Redis store when Redis is frozen, restarted, emptied; what it leaves there; all by the server's own time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, isFault, silentLog } from '@elida/kernel';
import { createRedisSessionStore, type RedisSessionStore } from '@elida/redis';
import { type Backend, startRedis } from '@elida/repo';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { freeze } from '../harness/freeze.ts';
import { admin, emptied } from './redis-admin.ts';
import { block, flag, IDLE_MS, LIFE_MS, order, record, request, settlement, tokens, watch } from './session-inputs.ts';

const WAIT_MS = 250;
const WINDOW = [{ metric: 'requests', windowMs: 60_000 }] as const;
const WATCHED = request({
  watch: watch({ throttle: [{ from: 1, below: 101, rate: 10 }], counters: true, rates: WINDOW }),
});
const USED = settlement({
  ...{ model: 'm', tokens: tokens({ input: 1 }), toolCalls: ['Bash'], rates: WINDOW },
  inspected: { count: 1, hash: 'h', replaces: '' },
});

const NO_BLOCKS = { epoch: 0, blocks: [] };

const open = (redis: string): RedisSessionStore =>
  createRedisSessionStore({ redis, log: silentLog, storeWaitMs: WAIT_MS, killWindowMs: 60_000 });

interface Outcome {
  readonly ok: boolean;
  readonly ms: number;
  readonly code: string;
}
async function outcome(work: Promise<unknown>): Promise<Outcome> {
  const began = performance.now();
  try {
    await work;
    return { ok: true, ms: performance.now() - began, code: '' };
  } catch (error) {
    return { ok: false, ms: performance.now() - began, code: isFault(error) ? error.code : String(error) };
  }
}

const back = (store: RedisSessionStore) => expect.poll(() => store.available(), { timeout: 10_000 }).toBe(true);

await describeWith('the Redis store when Redis fails', { redis: () => startRedis({ own: true }) }, (backends) => {
  let store: RedisSessionStore;
  beforeEach(async () => {
    store = open(await emptied(backends.redis.url));
    await store.markReady();
  });
  afterEach(() => store.close());

  it('frozen: refuses after a bounded wait, then at once, queues nothing, and comes back by itself', async () => {
    await store.enter(request());
    await freeze(backends.redis.pid);
    const waiting = await Promise.all(
      Array.from({ length: 20 }, (_, i) => outcome(store.enter(request({ sid: `ses_${i}` })))),
    );
    for (const { ok, ms, code } of waiting) {
      expect([ok, code]).toEqual([false, 'store_unavailable']);
      expect(ms).toBeLessThan(WAIT_MS + 250);
    }
    expect(store.available()).toBe(false);
    const began = performance.now();
    for (let i = 0; i < 1_000; i++) {
      const { ok, code } = await outcome(store.enter(request({ sid: `ses_late_${i}` })));
      expect([ok, code]).toEqual([false, 'store_unavailable']);
    }
    expect(performance.now() - began).toBeLessThan(WAIT_MS);
    process.kill(backends.redis.pid, 'SIGCONT');
    await back(store);
    // The begins that Redis did when it woke were told to nobody: the next request is the first.
    await expect.poll(() => admin(backends.redis.url, (redis) => redis.hexists('elida:{s:ses_0}', 's'))).toBe(0);
    expect(await store.enter(request({ sid: 'ses_0' }))).toMatchObject({ started: true, incarnation: 1 });
    // None of the thousand was queued.
    expect(await admin(backends.redis.url, (redis) => redis.exists('elida:{s:ses_late_0}'))).toBe(0);
  });

  it('emptied: decides nothing until it is rebuilt, and a kill holds again', async () => {
    await store.enter(request());
    await store.applyToSession('ses_a', order('kill'), false);
    await admin(backends.redis.url, (redis) => redis.flushall());
    for (const sid of ['ses_a', 'ses_b']) {
      expect(await outcome(store.enter(request({ sid })))).toMatchObject({ ok: false, code: 'store_unavailable' });
    }
    expect(store.available()).toBe(false);
    expect(await store.isReady()).toBe(false);
    const control = open(backends.redis.url);
    await control.restore([record({ state: 'killed', incarnation: 4, epoch: 2 })], { epoch: 7, blocks: [block()] });
    await control.markReady();
    await back(store);
    expect(await store.enter(request())).toMatchObject({ state: 'killed', incarnation: 4 });
    expect((await store.blocks()).blocks).toEqual([block()]);
    // The enter that met the emptied store has left no begin behind that nobody was told of.
    expect(await store.enter(request({ sid: 'ses_b' }))).toMatchObject({ started: true, incarnation: 1 });
    await control.close();
  });

  it('every key has a time to live, but for what stands for good', async () => {
    await store.enter(request({ sid: 'ses_live', parent: 'ses_p' }));
    await store.settle([settlement({ sid: 'ses_live', replyKey: 'rep_1' })]);
    await store.enter({ ...WATCHED, sid: 'ses_live' });
    await store.settle([{ ...USED, sid: 'ses_live' }]);
    await store.flag(flag([3], { sid: 'ses_live' }));
    await store.enter(request({ sid: 'ses_killed' }));
    await store.applyToSession('ses_killed', order('kill', { untilAt: Date.now() + 3 * LIFE_MS }), false);
    await store.heartbeat({ edge: 'e', url: '', snapshotVersion: 1, inflight: 0, draining: false });
    await store.appendOrder(Uint8Array.of(1));
    const lives = await admin(backends.redis.url, async (redis) => {
      const keys = await redis.keys('*');
      return new Map(await Promise.all(keys.map(async (key) => [key, await redis.pttl(key)] as const)));
    });
    const left = (key: string): number => lives.get(key) ?? Number.NaN;
    expect([...lives].filter(([, ttl]) => ttl < 0).map(([key]) => key)).toEqual(['elida:{ctl}:epoch']);
    expect(left('elida:{s:ses_live}')).toBeGreaterThan(IDLE_MS);
    expect(left('elida:{s:ses_killed}')).toBeGreaterThan(3 * LIFE_MS);
    for (const part of ['watch', 'found']) expect(left(`elida:{s:ses_live}:${part}`)).toBeGreaterThan(LIFE_MS);
    // Three points are 0.01 after eight half-lives.
    expect(left('elida:{p:default/key:1}:risk') / flag([]).halfLifeMs).toBeCloseTo(8.2, 1);

    await store.applyToSession('ses_killed', order('kill'), false);
    await store.applyToSession('ses_live', order('terminate'), false);
    await store.putBlock(block());
    for (const key of ['elida:{s:ses_killed}', 'elida:{s:ses_live}', 'elida:{ctl}:blocks']) {
      expect(await admin(backends.redis.url, (redis) => redis.pttl(key))).toBe(-1);
    }
  });

  it('a script touches keys of one hash slot only', async () => {
    const monitor = new Redis(backends.redis.url, { protocol: 2 });
    const watching = await monitor.monitor();
    const slots: string[][] = [];
    watching.on('monitor', (_time: string, [name, , count, ...rest]: string[]) => {
      if (name?.toLowerCase().startsWith('eval')) slots.push(rest.slice(0, Number(count)));
    });
    await store.enter(request({ parent: 'ses_p' }));
    await store.settle([settlement(), USED]);
    await store.enter(WATCHED);
    await store.flag(flag([3]));
    await store.enter({ ...WATCHED, sid: 'ses_inherits' });
    await store.principalRisk('default', 'key:1');
    await store.touch(['ses_a']);
    await store.applyToSession('ses_a', order('terminate'), false);
    await store.restore([record({ sid: 'ses_z', state: 'killed' })], { epoch: 0, blocks: [block()] });
    await store.removeBlock('ord_block');
    await store.heartbeat({ edge: 'e', url: '', snapshotVersion: 1, inflight: 0, draining: false });
    await store.edges();
    await store.claimDue(10, 1_000);
    await store.forget('ses_a', 1);
    await expect.poll(() => slots.length).toBeGreaterThan(20);
    for (const keys of slots) expect(new Set(keys.map((key) => /\{(.+?)\}/.exec(key)?.[1])).size, keys.join()).toBe(1);
    watching.disconnect();
    monitor.disconnect();
  });

  it('warns where the server may evict what must not be forgotten', async () => {
    const setPolicy = (policy: string) =>
      admin(backends.redis.url, (redis) => redis.config('SET', 'maxmemory-policy', policy));
    const warnings: string[] = [];
    const log = createLog({ level: 'warn', write: (line) => warnings.push(line) });
    await setPolicy('allkeys-lru');
    const careless = createRedisSessionStore({ redis: backends.redis.url, log });
    await expect.poll(() => warnings.join('')).toMatch(/redis_may_evict.*allkeys-lru/);
    await careless.close();
    await setPolicy('noeviction');
  });

  it('a kill holds to its end, by the server’s time, and not longer', async () => {
    await store.enter(request());
    const untilAt = Date.now() + 700;
    await store.applyToSession('ses_a', order('kill', { untilAt }), false);
    let refused = 0;
    await expect
      .poll(
        async () => {
          const { state } = await store.enter(request());
          if (state === 'killed') refused = Date.now();
          return state;
        },
        { interval: 5, timeout: 5_000 },
      )
      .toBe('active');
    expect(refused).toBeLessThanOrEqual(untilAt + 50);
    expect(refused).toBeGreaterThan(untilAt - 100);
    // A short lease: a claim that came a moment too early may be made again.
    await expect
      .poll(async () => (await store.claimDue(10, 50)).find(({ incarnation }) => incarnation === 1), { timeout: 5_000 })
      .toMatchObject({ sid: 'ses_a', endReason: 'killed', endedAt: untilAt });
  });
});

await describeWith('the Redis store over restarts', { redis: () => startRedis({ own: true }) }, () => {
  let dataDir: string;
  let redis: Backend;
  const restart = async (): Promise<void> => {
    await redis.stop('SIGKILL');
    redis = await startRedis({ own: true, dataDir, port: Number(new URL(redis.url).port) });
  };
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'elida-redis-'));
    redis = await startRedis({ own: true, dataDir });
  });
  afterEach(async () => {
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('knows no script afterwards and needs none loaded; kills, blocks and counters are kept', async () => {
    const store = open(redis.url);
    await store.markReady();
    await store.enter(request());
    await store.settle([settlement()]);
    await store.enter(request({ sid: 'ses_k' }));
    await store.applyToSession('ses_k', order('kill'), false);
    await store.putBlock(block());
    // appendfsync everysec: what this test writes is on the disk before the server is killed.
    await admin(redis.url, (client) => client.call('WAITAOF', 1, 0, 2_000).catch(() => client.bgrewriteaof()));
    await expect
      .poll(() => admin(redis.url, (client) => client.info('persistence')))
      .toMatch(/aof_rewrite_in_progress:0/);
    const down = restart();
    await expect.poll(() => store.available()).toBe(false);
    expect(await outcome(store.enter(request()))).toMatchObject({ ok: false, code: 'store_unavailable' });
    await down;
    await back(store);
    const replies = await Promise.all(Array.from({ length: 10 }, () => store.enter(request())));
    expect(
      replies.every(({ state, started, incarnation }) => state === 'active' && !started && incarnation === 1),
    ).toBe(true);
    expect((await store.enter(request({ sid: 'ses_k' }))).state).toBe('killed');
    expect((await store.blocks()).blocks).toEqual([block()]);
    expect((await store.get('ses_a'))?.requests).toBe(1);
    await store.close();
  });

  it('starts without Redis, and is there when Redis is', async () => {
    const { port } = new URL(redis.url);
    await redis.stop();
    const store = open(`redis://127.0.0.1:${port}`);
    const first = await outcome(store.enter(request()));
    expect(first).toMatchObject({ ok: false, code: 'store_unavailable' });
    expect(first.ms).toBeLessThan(WAIT_MS + 250);
    redis = await startRedis({ own: true, dataDir, port: Number(port) });
    await expect
      .poll(
        () =>
          store.markReady().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect((await store.enter(request())).started).toBe(true);
    await store.close();
  });

  it('orders reach a follower once each, over a restart, a freeze and an emptying', async () => {
    const store = open(redis.url);
    await store.markReady();
    const seen: number[] = [];
    const stop = new AbortController();
    const done = store.followOrders((signed) => seen.push(signed[0] ?? -1), stop.signal);
    const append = (n: number) =>
      expect
        .poll(
          () =>
            store.appendOrder(Uint8Array.of(n)).then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true);
    const reaches = (n: number) => expect.poll(() => seen.at(-1), { timeout: 10_000 }).toBe(n);
    const begun = () => append(0).then(() => seen.length);
    await expect.poll(begun).toBeGreaterThan(0);
    await append(1);
    await reaches(1);

    await freeze(redis.pid);
    await expect(store.appendOrder(Uint8Array.of(99))).rejects.toThrow(/store_unavailable/);
    process.kill(redis.pid, 'SIGCONT');
    await append(2);
    await reaches(2);

    await admin(redis.url, (client) => client.bgrewriteaof());
    await expect
      .poll(() => admin(redis.url, (client) => client.info('persistence')))
      .toMatch(/aof_rewrite_in_progress:0/);
    await restart();
    await append(3);
    await append(4);
    await reaches(4);

    await admin(redis.url, (client) => client.flushall());
    await append(5);
    await reaches(5);
    const late = seen.indexOf(99);
    expect(seen.filter((n, i) => n > 0 && i !== late)).toEqual([1, 2, 3, 4, 5]);
    stop.abort();
    await done;
    await store.close();
  });

  it('a follower’s own promise: an order arrives within a second, bell or no bell', async () => {
    const store = open(redis.url);
    await store.markReady();
    const seen: number[] = [];
    const stop = new AbortController();
    const done = store.followOrders((signed) => seen.push(signed[0] ?? -1), stop.signal);
    const begun = () => store.appendOrder(Uint8Array.of(0)).then(() => seen.length);
    await expect.poll(begun).toBeGreaterThan(0);
    const began = performance.now();
    await store.appendOrder(Uint8Array.of(1));
    await expect.poll(() => seen.at(-1), { interval: 1 }).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_000);
    stop.abort();
    await done;
    await store.restore([], NO_BLOCKS);
    await store.close();
  });
});
