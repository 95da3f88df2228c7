/** Events on their way into the table: none lost, none doubled, whatever is killed or gone meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeBatch, encodeLeaf } from '@elida/contracts';
import { newSecret, silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase } from '@elida/postgres';
import { createBullAuditQueue } from '@elida/queue';
import { type Child, freePort, startChild, startPostgres, startRedis } from '@elida/repo';
import type { Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AuditUnderTest, auditBatch, auditEvent, newSessionId, startAudit, stored } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { cleanEnvironment } from '../harness/command.ts';

const MAIN = fileURLToPath(new URL('../../services/audit-worker/src/main.ts', import.meta.url));
const patient = { timeout: 90_000, interval: 20 };

let db: Kysely<Database>;
let worker: AuditUnderTest | null = null;
afterEach(async () => {
  await worker?.close();
  worker = null;
});

const metric = async (name: string): Promise<number> => {
  const text = (await worker?.metrics.text()) ?? '';
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? Number.NaN,
  );
};

await describeWith('the audit worker', { postgres: () => startPostgres() }, (backends) => {
  beforeAll(async () => {
    db = openDatabase({ url: backends.postgres.url, log: silentLog });
    await migrate(db);
  });
  afterAll(() => db.destroy());

  describe('a batch', () => {
    it('is stored once, however often it is delivered', async () => {
      worker = await startAudit({ databaseUrl: backends.postgres.url });
      const session = newSessionId();
      const batch = auditBatch(session, 1, 50);
      for (let n = 0; n < 3; n++) await worker.queue.send(batch);
      await expect.poll(() => metric('elida_audit_events_total{outcome="duplicate"}'), patient).toBe(100);
      expect(await stored(db, session)).toEqual({ rows: 50, events: 50 });
      expect(await metric('elida_audit_events_total{outcome="stored"}')).toBe(50);
      expect(await metric('elida_audit_lag_seconds_count')).toBe(150);
    });

    it('with a leaf that is no event: that leaf is parked, once, and the others are stored', async () => {
      worker = await startAudit({ databaseUrl: backends.postgres.url });
      const session = newSessionId();
      const sound = encodeLeaf(auditEvent(session, 1));
      const odd = encodeLeaf(auditEvent(session, 2, { type: 'no such TYPE' as never }));
      const batch = encodeBatch('edge-1', [Buffer.from('garbage'), sound, odd]);
      await worker.queue.send(batch);
      await worker.queue.send(batch);
      await expect.poll(() => metric('elida_audit_events_total{outcome="parked"}'), patient).toBe(4);
      expect(await stored(db, session)).toEqual({ rows: 1, events: 1 });
      const parked = await db.selectFrom('parked_batches').selectAll().execute();
      expect(parked.map(({ error }) => error)).toEqual(['not an event', 'type is no name']);
      expect(parked[0]?.batch.includes(Buffer.from('garbage'))).toBe(true);
    });

    it('that is no batch at all is parked as it is', async () => {
      worker = await startAudit({ databaseUrl: backends.postgres.url });
      const bytes = Buffer.from(`\xff\xff not a batch ${newSessionId()}`, 'latin1');
      await worker.queue.send(bytes);
      const rows = () => db.selectFrom('parked_batches').select('error').where('batch', '=', bytes).execute();
      await expect.poll(rows, patient).toEqual([{ error: 'not a batch' }]);
    });
  });

  it('says that it is ready, and how it is doing, on its own port', async () => {
    worker = await startAudit({ databaseUrl: backends.postgres.url });
    const get = async (path: string) => fetch(`${worker?.metricsUrl}${path}`);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('elida_audit_queue_depth 0');
  });
});

await describeWith(
  'the audit worker and a database that goes',
  { postgres: () => startPostgres({ own: true }) },
  () => {
    it('holds what comes meanwhile, says so, and stores all of it on return', async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'elida-pg-restart-'));
      const port = await freePort();
      let postgres = await startPostgres({ own: true, dataDir, port });
      const own = openDatabase({ url: postgres.url, log: silentLog });
      try {
        // Not migrated yet: the same as gone.
        worker = await startAudit({ databaseUrl: postgres.url });
        const session = newSessionId();
        await worker.queue.send(auditBatch(session, 1, 10));
        await expect.poll(() => metric('elida_audit_store_waits_total'), patient).toBeGreaterThan(0);
        expect((await fetch(`${worker.metricsUrl}/readyz`)).status).toBe(503);
        await migrate(own);
        await expect.poll(() => stored(own, session), patient).toEqual({ rows: 10, events: 10 });

        await postgres.stop('SIGKILL');
        for (let n = 1; n < 20; n++) await worker.queue.send(auditBatch(session, n * 10 + 1, 10));
        expect((await fetch(`${worker.metricsUrl}/readyz`)).status).toBe(503);
        const waits = await metric('elida_audit_store_waits_total');
        await expect.poll(() => metric('elida_audit_store_waits_total'), patient).toBeGreaterThan(waits);
        postgres = await startPostgres({ own: true, dataDir, port });
        const count = () => stored(own, session).catch(() => null);
        await expect.poll(count, patient).toEqual({ rows: 200, events: 200 });
      } finally {
        await own.destroy();
        await worker?.close();
        worker = null;
        await postgres.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    });
  },
);

await describeWith(
  'audit worker processes',
  { postgres: () => startPostgres({ own: true }), redis: () => startRedis({ own: true }) },
  (backends) => {
    const children: Child[] = [];
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'elida-checkpoints-'));
      db = openDatabase({ url: backends.postgres.url, log: silentLog });
      await migrate(db);
    });
    afterAll(async () => {
      await Promise.all(children.map((child) => child.stop('SIGKILL')));
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    });

    async function startWorker(): Promise<Child> {
      let ready: (line: string) => void = () => {};
      const said = new Promise<string>((resolve) => {
        ready = resolve;
      });
      const child = await startChild({
        command: process.execPath,
        args: [MAIN],
        env: cleanEnvironment({
          ELIDA_POSTGRES_URL: backends.postgres.url,
          ELIDA_SECRET: newSecret(),
          ELIDA_CHECKPOINTS: join(folder, 'checkpoints.log'),
          ELIDA_REDIS_URL: backends.redis.url,
          ELIDA_HOST: '127.0.0.1',
          ELIDA_METRICS_PORT: '0',
          ELIDA_JSON: '1',
        }),
        onLine: ready,
      });
      children.push(child);
      const line = await Promise.race([
        said,
        child.gone.then((how) => Promise.reject(new Error(`${how}\n${child.tail()}`))),
      ]);
      expect(JSON.parse(line)).toMatchObject({ ready: true, pid: child.pid, metrics: expect.stringMatching(/^http:/) });
      return child;
    }

    it('one killed in the middle: another goes on, and each event is there once', async () => {
      const queue = createBullAuditQueue({ redisUrl: backends.redis.url });
      const session = newSessionId();
      const [batches, size] = [150, 200];
      for (let n = 0; n < batches; n++) await queue.send(auditBatch(session, n * size + 1, size));
      const first = await startWorker();
      await expect
        .poll(async () => (await stored(db, session)).rows, { timeout: 60_000, interval: 2 })
        .toBeGreaterThan(0);
      await first.stop('SIGKILL');
      const { rows } = await stored(db, session);
      expect(rows).toBeLessThan(batches * size);
      const second = await startWorker();
      await expect.poll(() => stored(db, session), patient).toEqual({ rows: batches * size, events: batches * size });
      await second.stop('SIGTERM');
      expect(await second.gone).toBe('exit code 0');
      await queue.close();
    });

    it('refuses to start without its variables, and names all of them', async () => {
      const child = await startChild({ command: process.execPath, args: [MAIN], env: cleanEnvironment() });
      expect(await child.gone).toBe('exit code 2');
      expect(child.tail()).toMatch(/ELIDA_POSTGRES_URL[\s\S]*ELIDA_REDIS_URL/);
    });
  },
);
