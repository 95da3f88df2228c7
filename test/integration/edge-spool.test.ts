/** From the edge's disk into the table, over a real Redis that is wiped and an edge that is killed: none lost, none doubled. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase } from '@elida/postgres';
import { createBullAuditQueue, createBullAuditSource } from '@elida/queue';
import { type Child, startChild, startPostgres, startRedis } from '@elida/repo';
import { Redis } from 'ioredis';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AuditUnderTest, newSessionId, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { backend, startTestEdge, type TestEdge } from '../harness/edge.ts';
import { reply, startUpstream, type Upstream } from '../harness/upstream.ts';

const PROCESS = fileURLToPath(new URL('../harness/spool-edge-process.ts', import.meta.url));
const spool = { fsync: 'interval' as const, bytes_max: 50_000_000 };
const patient = { timeout: 60_000, interval: 100 };

let db: Kysely<Database>;
let upstream: Upstream;

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'elida-edge-spool-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** `count` exchanges of as many sessions, `width` at once. @returns how many were answered with 200, and with which codes the others; it ends where the edge is gone. */
async function load(url: string, count: number, width = 8, mark = newSessionId()): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count && !answers.has('gone')) {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': `${mark}-${next++}` },
        body: '{"model":"m","messages":[]}',
      }).catch(() => null);
      await answer?.arrayBuffer().catch(() => null);
      const code = answer === null ? 'gone' : (answer.headers.get('x-elida-code') ?? '200');
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return answers;
}

/** Rows of an edge, and what its numbers say. */
async function record(edge: string) {
  const rows = await db
    .selectFrom('events')
    .select(['producer', 'seq', 'event_id', 'type', 'data'])
    .where('producer', 'like', `${edge}/%`)
    .execute();
  const producers = new Set(rows.map(({ producer }) => producer));
  const numbers = new Set(rows.map(({ producer, seq }) => `${producer} ${seq}`));
  const highest = Math.max(0, ...rows.map(({ seq }) => Number(seq)));
  const of = (type: string) => rows.filter((row) => row.type === type);
  return {
    of,
    producers: producers.size,
    exchanges: of('exchange').length,
    started: of('session_started').length,
    /** Each number once, none missing. */
    isWhole: numbers.size === rows.length && highest === rows.length,
    rows: rows.length,
  };
}

await describeWith(
  'the spool of an edge',
  { postgres: () => startPostgres(), redis: () => startRedis({ own: true }) },
  (backends) => {
    beforeAll(async () => {
      db = openDatabase({ url: backends.postgres.url, log: silentLog });
      await migrate(db);
      upstream = await startUpstream(({ socket }) => void socket.write(reply('{"choices":[]}')));
    });
    afterAll(async () => {
      await upstream.close();
      await db.destroy();
    });

    async function worker(): Promise<AuditUnderTest> {
      const redisUrl = backends.redis.url;
      const queue = createBullAuditQueue({ redisUrl });
      const audit = { queue, source: createBullAuditSource({ redisUrl }) };
      const started = await startAudit({ databaseUrl: backends.postgres.url, audit, gapPatienceMs: 2_000 });
      let isOpen = true;
      const close = async (): Promise<void> => {
        if (!isOpen) return;
        isOpen = false;
        await started.close();
        await queue.close();
      };
      onTestFinished(close);
      return { ...started, close };
    }

    async function edgeOn(options: Parameters<typeof startTestEdge>[0] = {}): Promise<TestEdge> {
      const queue = createBullAuditQueue({ redisUrl: backends.redis.url });
      const edge = await startTestEdge({
        queue,
        ...options,
        snapshot: { backends: [backend(upstream.url)], ...options.snapshot },
      });
      onTestFinished(async () => {
        await edge.close();
        await queue.close();
      });
      return edge;
    }

    async function wipe(): Promise<void> {
      const redis = new Redis(backends.redis.url);
      await redis.flushall();
      await redis.quit();
    }

    test('Redis wiped in the middle, twice: records written are records generated, each once', async () => {
      await worker();
      const edge = await edgeOn({ edgeId: 'edge-wiped', dataDir: await folder(), spool });
      const running = load(edge.url, 600);
      await expect.poll(async () => (await record('edge-wiped')).exchanges, patient).toBeGreaterThan(50);
      await wipe();
      await expect.poll(async () => (await record('edge-wiped')).exchanges, patient).toBeGreaterThan(200);
      await wipe();
      expect(await running).toEqual(new Map([['200', 600]]));
      await expect.poll(async () => (await record('edge-wiped')).exchanges, patient).toBe(600);
      const found = await record('edge-wiped');
      expect(found).toMatchObject({ started: 600, isWhole: true, producers: 1 });
      expect(found.of('audit_gap')).toEqual([]);
    }, 120_000);

    test('an edge killed, Redis wiped, the folder returning: it goes on under its name, and all of it arrives, each once', async () => {
      const dataDir = await folder();
      const start = async (): Promise<{ child: Child; url: string }> => {
        let found: (url: string) => void = () => {};
        const url = new Promise<string>((resolve) => {
          found = resolve;
        });
        const child = await startChild({
          command: process.execPath,
          args: [PROCESS, upstream.url, backends.redis.url, dataDir],
          onLine: (line) => found((JSON.parse(line) as { url: string }).url),
        });
        onTestFinished(() => child.stop());
        return { child, url: await url };
      };
      const first = await start();
      const done = await load(first.url, 200);
      expect(done).toEqual(new Map([['200', 200]]));
      const before = upstream.requests.length;
      const running = load(first.url, 100_000, 4);
      await expect.poll(() => upstream.requests.length, patient).toBeGreaterThan(before + 300);
      process.kill(first.child.pid, 'SIGKILL');
      await first.child.gone;
      const answered = (await running).get('200') ?? 0;
      await wipe();
      const second = await start();
      expect(await load(second.url, 50)).toEqual(new Map([['200', 50]]));
      await worker();
      // An exchange does not wait for the disk: of the last ones the caller may know more than the spool.
      const least = 250 + answered - 32;
      await expect.poll(async () => (await record('edge-killed')).exchanges, patient).toBeGreaterThanOrEqual(least);
      await second.child.stop('SIGTERM');
      await expect.poll(async () => (await record('edge-killed')).started, patient).toBeGreaterThanOrEqual(least);
      expect(await record('edge-killed')).toMatchObject({ isWhole: true, producers: 1 });
      expect((await record('edge-killed')).exchanges).toBeLessThanOrEqual(250 + answered + 4);
    }, 120_000);

    describe('that is full', () => {
      const small = { fsync: 'never' as const, bytes_max: 120_000 };

      test('strict: no exchange begins whose record could not be kept; those that had are whole', async () => {
        const edge = await edgeOn({
          ...{ edgeId: 'edge-strict', dataDir: await folder(), spool: small, auditQueueMax: 50 },
          snapshot: { settings: { auditMode: 'strict' } as never },
        });
        await wipe();
        const answers = await load(edge.url, 400);
        expect(answers.get('audit_unavailable')).toBeGreaterThan(0);
        expect((answers.get('200') ?? 0) + (answers.get('audit_unavailable') ?? 0)).toBe(400);
        await worker();
        const again = async (): Promise<boolean> => (await load(edge.url, 1)).has('200');
        await expect.poll(again, patient).toBe(true);
        const served = (found: Awaited<ReturnType<typeof record>>): number =>
          found.of('exchange').filter(({ data }) => (data as { code?: string }).code === '').length;
        await expect
          .poll(async () => served(await record('edge-strict')), patient)
          .toBeGreaterThanOrEqual((answers.get('200') ?? 0) + 1);
        expect((await record('edge-strict')).started).toBe(served(await record('edge-strict')));
      }, 120_000);

      test('besteffort: exchanges go on, what is lost is counted, and its numbers are declared', async () => {
        let isGone = true;
        const queue = createBullAuditQueue({ redisUrl: backends.redis.url });
        onTestFinished(() => queue.close());
        const edge = await edgeOn({
          ...{
            edgeId: 'edge-loose',
            dataDir: await folder(),
            spool: { ...small, bytes_max: 30_000 },
            auditQueueMax: 50,
          },
          queue: {
            send: (batch) => (isGone ? Promise.reject(new Error('gone')) : queue.send(batch)),
            through: (producer) => (isGone ? Promise.reject(new Error('gone')) : queue.through(producer)),
            waiting: () => (isGone ? Promise.reject(new Error('gone')) : queue.waiting()),
          },
        });
        expect(await load(edge.url, 300)).toEqual(new Map([['200', 300]]));
        const lost = Number(/elida_audit_lost_total (\d+)/.exec(await edge.metrics.text())?.[1]);
        expect(lost).toBeGreaterThan(0);
        expect(edge.log.filter((line) => line.includes('"audit_events_lost"')).length).toBe(1);
        await worker();
        isGone = false;
        await expect.poll(async () => (await record('edge-loose')).of('audit_gap').length, patient).toBeGreaterThan(0);
        await expect
          .poll(async () => {
            const { rows, of } = await record('edge-loose');
            const declared = of('audit_gap').map(({ data }) => data as { from_seq: number; to_seq: number });
            const missing = declared.reduce((sum, { from_seq, to_seq }) => sum + to_seq - from_seq + 1, 0);
            return [missing, rows];
          }, patient)
          .toEqual([lost, 600 - lost + 1]);
      }, 120_000);
    });

    const mayMount = process.getuid?.() === 0 && process.platform === 'linux';
    const why = mayMount ? '' : ' [skipped: only root can mount a small disk]';
    (mayMount ? test : test.skip)(
      `a disk that is full: strict refuses, and lets in again when there is room${why}`,
      async () => {
        const dataDir = await folder();
        spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dataDir]);
        onTestFinished(() => void spawnSync('umount', [dataDir]));
        await worker();
        await wipe();
        const edge = await edgeOn({
          ...{ edgeId: 'edge-disk', dataDir, spool: { fsync: 'interval', bytes_max: 50_000_000 }, auditQueueMax: 500 },
          snapshot: { settings: { auditMode: 'strict' } as never },
        });
        expect(await load(edge.url, 20)).toEqual(new Map([['200', 20]]));
        spawnSync('dd', ['if=/dev/zero', `of=${join(dataDir, 'other')}`, 'bs=1k', 'count=1024']);
        await expect.poll(async () => (await load(edge.url, 20)).has('audit_unavailable'), patient).toBe(true);
        expect(edge.log.join('')).toContain('spool_refuses');
        await rm(join(dataDir, 'other'));
        await expect.poll(async () => (await load(edge.url, 1)).has('200'), patient).toBe(true);
        await expect
          .poll(async () => {
            const found = await record('edge-disk');
            return (
              found.started - found.of('exchange').filter(({ data }) => (data as { code?: string }).code === '').length
            );
          }, patient)
          .toBe(0);
      },
      120_000,
    );
  },
);
