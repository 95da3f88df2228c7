import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, encodeLeaf } from '@elida/contracts';
import { Fault, silentLog } from '@elida/kernel';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/index.ts';
import { insertEvents, makeEventPartitions, type StoredEvent } from './events.ts';
import { migrate } from './migrate.ts';
import type { Database } from './schema.ts';

let folder: string;
let server: EmbeddedPostgres;
let db: Kysely<Database>;
let migrated: string[][];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elida-db-'));
  server = await startEmbeddedPostgres({ dataDir: folder, log: silentLog });
  db = openDatabase({ url: server.url, log: silentLog });
  migrated = await Promise.all([migrate(db), migrate(db)]);
});
afterAll(async () => {
  await db.destroy();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function stored(change: Partial<AuditEvent> = {}): StoredEvent {
  const event: AuditEvent = {
    eventId: randomUUID(),
    tenant: 'default',
    producer: 'edge-1',
    seq: 1,
    occurredAt: Date.now(),
    type: 'exchange',
    session: 'ses_a',
    incarnation: 1,
    severity: 'info',
    data: {},
    ...change,
  };
  return { event, leaf: encodeLeaf(event) };
}

const rowsOf = (...events: StoredEvent[]) =>
  db
    .selectFrom('events')
    .selectAll()
    .where(
      'event_id',
      'in',
      events.map(({ event }) => event.eventId),
    )
    .orderBy('id')
    .execute();

const partitionOf = async ({ event }: StoredEvent): Promise<string> => {
  const { rows } = await sql<{ name: string }>`
    select tableoid::regclass::text as name from events where event_id = ${event.eventId}`.execute(db);
  return rows[0]?.name ?? '';
};

const refused = expect.objectContaining({ code: '23000' });

describe('migrations', () => {
  test('run once, whoever else runs them at the same time', async () => {
    expect(migrated.flat().sort()).toEqual([
      '0001-tables',
      '0002-events',
      '0003-metering',
      '0004-policy-deletions',
      '0005-log',
      '0006-log-work',
      '0007-deliveries',
      '0008-captures',
      '0009-record-faces',
    ]);
    expect(await migrate(db)).toEqual([]);
  });
});

describe('the event table', () => {
  test('keeps what the producer wrote, byte for byte', async () => {
    const event = stored({ data: { text: '"quotes" {braces}, \\ back, ünï', list: [1, null] } });
    expect(await insertEvents(db, [event])).toBe(1);
    const [row] = await rowsOf(event);
    expect(row).toMatchObject({
      data: event.event.data,
      seq: '1',
      log_index: null,
      occurred_at: new Date(event.event.occurredAt),
    });
    expect(row?.leaf.equals(event.leaf)).toBe(true);
  });

  test('stores an event once, however often it comes', async () => {
    const [first, second] = [stored(), stored({ seq: 2 })];
    expect(await insertEvents(db, [first, first])).toBe(1);
    expect(await insertEvents(db, [first, second])).toBe(1);
    expect(await rowsOf(first, second)).toHaveLength(2);
  });

  test('goes with the transaction of the change that it tells of', async () => {
    const event = stored();
    const undone = db.transaction().execute(async (trx) => {
      await insertEvents(trx, [event]);
      throw new Error('the change failed');
    });
    await expect(undone).rejects.toThrow('the change failed');
    expect(await rowsOf(event)).toEqual([]);
  });

  test('takes text that jsonb does not know, replaced; the leaf stays exact', async () => {
    const event = stored({ data: { 'key\u0000': 'nul \u0000, lone \ud800, a literal \\u0000' } });
    await insertEvents(db, [event]);
    const [row] = await rowsOf(event);
    expect(row?.data).toEqual({ 'key\ufffd': 'nul \ufffd, lone \ufffd, a literal \\u0000' });
    expect(row?.leaf.equals(event.leaf)).toBe(true);
  });

  test.each(['update events set tenant = $$x$$', 'delete from events', 'truncate events'])(
    'refuses %s',
    async (statement) => {
      const [today, long_ago] = [stored(), stored({ occurredAt: Date.UTC(2021, 5, 1) })];
      await insertEvents(db, [today, long_ago]);
      expect(await partitionOf(long_ago)).toBe('events_default');
      for (const table of ['events', 'events_default', await partitionOf(today)]) {
        await expect(sql.raw(statement.replace('events', table)).execute(db)).rejects.toEqual(refused);
      }
      expect(await rowsOf(today, long_ago)).toHaveLength(2);
    },
  );

  test('has its days made ahead; a day that the default partition already has stays there', async () => {
    const inDays = (days: number) => stored({ occurredAt: Date.now() + days * 86_400_000 });
    const early = inDays(20);
    await insertEvents(db, [early]);
    const made = await makeEventPartitions(db, 30);
    const [late, beside] = [inDays(21), inDays(20)];
    await insertEvents(db, [late, beside]);
    expect(made).toBe(30 - 8 - 1);
    expect(await makeEventPartitions(db, 30)).toBe(0);
    expect([await partitionOf(early), await partitionOf(beside)]).toEqual(['events_default', 'events_default']);
    const day = new Date(late.event.occurredAt).toISOString().slice(0, 10).replaceAll('-', '');
    expect(await partitionOf(late)).toBe(`events_${day}`);
    await expect(sql.raw(`truncate events_${day}`).execute(db)).rejects.toEqual(refused);
  });
});

describe('history', () => {
  test('published policies and snapshots never change', async () => {
    const at = new Date();
    await db
      .insertInto('policies')
      .values({ name: 'p', version: 1, owner: 'api', content: '{}', author: 'a', created_at: at })
      .execute();
    await db
      .insertInto('snapshots')
      .values({ version: 1, hash: 'h', content: '{}', author: 'a', note: '', created_at: at })
      .execute();
    await expect(db.updateTable('policies').set({ author: 'b' }).execute()).rejects.toEqual(refused);
    await expect(db.updateTable('snapshots').set({ note: 'b' }).execute()).rejects.toEqual(refused);
  });

  test('an incarnation has one final session detail record, and any number of interim ones', async () => {
    const record = { sid: 'ses_a', incarnation: 1, record: '{}', created_at: new Date() };
    const add = (interim: boolean) =>
      db
        .insertInto('sdr_outbox')
        .values({ ...record, interim })
        .execute();
    await add(true);
    await add(true);
    await add(false);
    await expect(add(false)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('a database that is gone', () => {
  const gone = expect.objectContaining({ code: 'database_unavailable' });

  test('is a fault while it is away, and works again when it is back', async () => {
    process.kill(server.pid, 'SIGKILL');
    await expect(sql`select pg_sleep(5)`.execute(db)).rejects.toSatisfy((error) => error instanceof Fault);
    for (const until = performance.now() + 20_000; performance.now() < until; ) {
      const answer = await sql<{ n: number }>`select 1 as n`.execute(db).catch((error: unknown) => {
        expect(error).toEqual(gone);
        return null;
      });
      if (answer) return expect(answer.rows).toEqual([{ n: 1 }]);
    }
    expect.fail('it did not come back');
  });

  test('that takes connections and never answers is given up on', async () => {
    const silent: Server = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const away = openDatabase({ url: `postgres://x:x@127.0.0.1:${port}/x`, log: silentLog, connectTimeoutMs: 200 });
    await expect(sql`select 1`.execute(away)).rejects.toEqual(gone);
    await away.destroy();
    silent.close();
  });

  test('whose backend is frozen is given up on, and the connection is not used again', async () => {
    const one = openDatabase({ url: server.url, log: silentLog, poolMax: 1, statementTimeoutMs: 100 });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one);
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(sql`select 1`.execute(one)).rejects.toEqual(gone);
      const next = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one);
      expect(next.rows[0]?.pid).not.toBe(pid);
    } finally {
      process.kill(pid, 'SIGCONT');
      await one.destroy();
    }
  });
});
