/** What agents send may hold secrets; what is kept does not: from the proxy's socket to the last byte of the table. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase, toJsonb } from '@elida/postgres';
import { createBullAuditQueue } from '@elida/queue';
import { createRedisSessionStore } from '@elida/redis';
import { startPostgres, startRedis } from '@elida/repo';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type AuditUnderTest, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { captured, keepingEdge } from '../harness/captures.ts';
import { SECRET } from '../harness/edge.ts';
import { edgeWith } from '../harness/edge-with.ts';
import { everyFile, everyRow, monitorRedis, unfolded } from '../harness/grep.ts';
import { startOtlpReceiver } from '../harness/otlp-receiver.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { chunk, reply, type Script } from '../harness/upstream.ts';

/** One of each of the seeds' ten patterns. */
const PLANTED = {
  email: 'planted.person@example.com',
  ssn: '123-45-6789',
  card: '4111 1111 1111 1111',
  phone: '(555) 123-4567',
  api_key: 'sk-plantedabcdef0123456789',
  bearer: 'plantedbearertokenplantedbearertoken',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoiMSJ9.cGxhbnRlZHNpZ25hdHVyZQ',
  aws: 'AKIAIOSFODNN7EXAMPLE',
  password: 'plantedhunter2',
  address: '192.168.77.100',
} as const;
const SAID = `${PLANTED.email}, ${PLANTED.ssn}, ${PLANTED.card}, ${PLANTED.phone}, ${PLANTED.api_key}, ${PLANTED.jwt}, ${PLANTED.aws}, password: ${PLANTED.password}, ${PLANTED.address}`;

/** Says all of it: at once, in pieces of a few letters, and as a tool's arguments. */
const planting: Script = ({ socket, target, body }) => {
  const call = { id: 'call_1', type: 'function', function: { name: SAID, arguments: JSON.stringify({ note: SAID }) } };
  const head = `x-note: ${PLANTED.api_key}\r\ncontent-type:`;
  if (!body.toString().includes('"stream":true')) {
    const message = { role: 'assistant', content: SAID, tool_calls: [call] };
    const json = JSON.stringify({ id: 'c', model: SAID, choices: [{ index: 0, message }], target });
    socket.write(reply(json, `HTTP/1.1 200 OK\r\n${head} application/json`));
    return;
  }
  socket.write(`HTTP/1.1 200 OK\r\n${head} text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`);
  const event = (delta: object): void => {
    socket.write(chunk(`data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta }] })}\n\n`));
  };
  for (const piece of SAID.match(/.{1,5}/gs) ?? []) event({ content: piece });
  event({ tool_calls: [{ index: 0, ...call, function: { name: 'note', arguments: '' } }] });
  for (const piece of call.function.arguments.match(/.{1,7}/gs) ?? [])
    event({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
  socket.write(chunk('data: [DONE]\n\n'));
  socket.write('0\r\n\r\n');
};

await describeWith('planted secrets', { postgres: () => startPostgres() }, (backends) => {
  let db: Kysely<Database>;
  let worker: AuditUnderTest;
  beforeAll(async () => {
    db = openDatabase({ url: backends.postgres.url, log: silentLog });
    await migrate(db);
    worker = await startAudit({ databaseUrl: backends.postgres.url });
  });
  afterAll(async () => {
    await worker.close();
    await db.destroy();
  });

  it('are in no column and no leaf of the event table, and in no session record, wherever the caller put them', async () => {
    const { rows: newest } = await sql<{ id: string }>`select coalesce(max(id), 0) as id from events`.execute(db);
    const { edge } = await edgeWith(undefined, { audit: (batch) => worker.queue.send(batch) });
    const said = encodeURIComponent(SAID);
    const reply = await fetch(`${edge.url}/v1/chat/completions/${said}?key=${said}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${PLANTED.bearer}`,
        'content-type': 'application/json',
        'x-session-id': SAID,
        'x-elida-agent-id': SAID.slice(0, 60),
        'x-elida-workflow': PLANTED.jwt,
        'x-elida-tags': `note:${PLANTED.api_key},password:${PLANTED.password},who:${PLANTED.email}`,
        'user-agent': SAID,
      },
      body: JSON.stringify({ model: SAID, messages: [{ role: 'user', content: SAID }] }),
    });
    await reply.arrayBuffer();
    const kept = async (): Promise<string[]> => {
      const { rows } = await sql<{ text: string; leaf: Buffer }>`
        select events::text as text, leaf from events where id > ${newest[0]?.id ?? '0'}`.execute(db);
      return rows.map(({ text, leaf }) => text + leaf.toString('latin1'));
    };
    // The session's start and the exchange.
    await expect.poll(async () => (await kept()).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
    const text = (await kept()).join('\n');
    const found = Object.entries(PLANTED).filter(
      ([, secret]) => text.includes(secret) || text.includes(encodeURIComponent(secret)),
    );
    expect(found).toEqual([]);
    const { sessions } = await edge.store.list({}, 10, '');
    const record = JSON.stringify(sessions);
    expect(Object.entries(PLANTED).filter(([, secret]) => record.includes(secret))).toEqual([]);
    expect(record).toContain('[REDACTED_');
    expect(text).toContain('[REDACTED_');
  });
});

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
        policies: [policyEntry({ ...noLadder, rules: [rule('about', 'flag', 'planted', { target: 'both' })] })],
        more: { store, queue, dataDir, spool: { fsync: 'always', bytes_max: 50_000_000 } },
      });
      const said = encodeURIComponent(SAID);
      const post = async (path: string, body: object): Promise<string> => {
        const reply = await fetch(`${edge.url}${path}?key=${said}`, {
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
      };
      const session = await post(`/v1/chat/completions/${said}`, {});
      await post('/v1/chat/completions', { stream: true });
      await post(`/unknown/${said}`, {});
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
        const all = unfolded(text);
        expect(all.length, place).toBeGreaterThan(100);
        const found = Object.entries(PLANTED).filter(
          ([, secret]) => all.includes(secret) || all.includes(encodeURIComponent(secret)),
        );
        expect(found, place).toEqual([]);
      }
      // It was looked for where something is.
      for (const place of ['captures', 'postgres', 'redis', 'spool', 'otlp'] as const)
        expect(unfolded(places[place]), place).toContain('[REDACTED_');
    });
  },
);
