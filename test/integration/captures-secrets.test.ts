/** With everything kept that can be kept: no secret is anywhere afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, silentLog } from '@elida/kernel';
import { migrate, openDatabase, toJsonb } from '@elida/postgres';
import { createBullAuditQueue } from '@elida/queue';
import { createRedisSessionStore } from '@elida/redis';
import { startPostgres, startRedis } from '@elida/repo';
import { expect, it, onTestFinished } from 'vitest';
import { startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { captured, keepingEdge } from '../harness/captures.ts';
import { SECRET } from '../harness/edge.ts';
import { everyFile, everyRow, monitorRedis, unfolded } from '../harness/grep.ts';
import { startOtlpReceiver } from '../harness/otlp-receiver.ts';
import { ABOUT_PLANTED, PLANTED, plantedIn, planting, SAID } from '../harness/planted.ts';

const said = encodeURIComponent(SAID);

/** Says it wherever a caller can. @returns the session. */
async function post(url: string, path: string, body: object): Promise<string> {
  const reply = await fetch(`${url}${path}?key=${said}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${PLANTED.bearer}`,
      'content-type': 'application/json',
      'x-session-id': SAID,
      'x-elida-agent-id': SAID.slice(0, 60),
      'x-elida-tags': `note:${PLANTED.api_key},password:${PLANTED.password}`,
      'user-agent': SAID,
    },
    body: JSON.stringify({ model: SAID, messages: [{ role: 'user', content: SAID }], ...body }),
  });
  await reply.arrayBuffer();
  return reply.headers.get('x-elida-session-id') ?? '';
}

await describeWith(
  'planted secrets, with all that is kept being kept',
  { postgres: () => startPostgres(), redis: () => startRedis({ own: true }) },
  (backends) => {
    it('are found nowhere: not in Postgres, Redis, spool, logs, OTLP, nor in the captures themselves', async () => {
      const { url: redisUrl } = backends.redis;
      const databaseUrl = backends.postgres.url;
      const dataDir = await mkdtemp(join(tmpdir(), 'elida-secrets-'));
      const workerLog: string[] = [];
      const db = openDatabase({ url: databaseUrl, log: silentLog });
      await migrate(db);
      const collector = await startOtlpReceiver();
      const worker = await startAudit({
        databaseUrl,
        secret: SECRET,
        telemetry: { enabled: true, endpoint: collector.url, capture_content: 'all' },
        log: createLog({ level: 'debug', write: (line) => workerLog.push(line) }),
      });
      const monitor = await monitorRedis(redisUrl);
      const store = createRedisSessionStore({ redis: redisUrl, log: silentLog });
      await store.markReady();
      const queue = createBullAuditQueue({ redisUrl });
      onTestFinished(async () => {
        monitor.close();
        await queue.close();
        await store.close();
        await worker.close();
        await collector.close();
        await db.destroy();
        await rm(dataDir, { recursive: true });
      });
      const { edge } = await keepingEdge(worker, planting, {
        policies: [ABOUT_PLANTED],
        more: { store, queue, dataDir, spool: { fsync: 'always', bytes_max: 50_000_000 } },
      });
      const session = await post(edge.url, `/v1/chat/completions/${said}`, {});
      await post(edge.url, '/v1/chat/completions', { stream: true });
      await post(edge.url, `/unknown/${said}`, {});
      const captures = await captured(db, session, 3);
      const record = await store.get(session);
      if (record === null) throw new Error('the session is gone');
      const row = { sid: session, incarnation: 1, interim: true, record: toJsonb(record), created_at: new Date() };
      await db.insertInto('sdr_outbox').values(row).execute();
      const events = () => collector.spans.flatMap((span) => span.events.map(({ name }) => name));
      await expect.poll(events, { timeout: 10_000 }).toContain('captured.request');

      const places = {
        captures: JSON.stringify(captures),
        postgres: await everyRow(db),
        redis: monitor.text(),
        spool: everyFile(dataDir),
        'log of the edge': edge.log.join('\n'),
        'log of the worker': workerLog.join('\n'),
        otlp: JSON.stringify([collector.spans, collector.logs, collector.metrics]),
      };
      for (const [place, text] of Object.entries(places)) {
        expect(text.length, place).toBeGreaterThan(100);
        expect(plantedIn(text), place).toEqual([]);
      }
      // It was looked for where something is.
      for (const place of ['captures', 'postgres', 'redis', 'spool', 'otlp'] as const)
        expect(unfolded(places[place]), place).toContain('[REDACTED_');
    });
  },
);
