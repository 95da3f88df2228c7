/** The log over the events: complete, in order, signed, and not to be rewritten; on a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, encodeBatch } from '@elida/contracts';
import { createLog, newSalt, newSecret, silentLog } from '@elida/kernel';
import { askReplay, type Database, migrate, openDatabase } from '@elida/postgres';
import { createMemoryAudit } from '@elida/queue';
import { encodeRecord, openLeaf } from '@elida/record';
import { startPostgres } from '@elida/repo';
import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditUnderTest, auditEvent, newSessionId, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { exportLog, verifyLog } from '../harness/export-log.ts';

const patient = { timeout: 30_000, interval: 20 };
/** Of the whole file: one installation, one database. */
const secret = newSecret();
const DAY_MS = 86_400_000;

let db: Kysely<Database>;
let folder: string;
let tenant: string;
let producer: string;
const workers: AuditUnderTest[] = [];

const newName = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;

function batchOf(session: string, from: number, size: number, change: Partial<AuditEvent> = {}): Uint8Array {
  const records = Array.from({ length: size }, (_, n) =>
    encodeRecord(auditEvent(session, from + n, { tenant, producer, ...change }), newSalt),
  );
  return encodeBatch(producer, records);
}

const entries = () =>
  db.selectFrom('log_entries').selectAll().where('tenant', '=', tenant).orderBy('log_index').execute();
const size = async (): Promise<number> => (await entries()).length;

async function start(url: string, options: Partial<Parameters<typeof startAudit>[0]> = {}): Promise<AuditUnderTest> {
  const worker = await startAudit({ databaseUrl: url, secret, ...options });
  workers.push(worker);
  return worker;
}

async function stop(): Promise<void> {
  for (const worker of workers.splice(0)) await worker.close();
}

await describeWith('the log', { postgres: () => startPostgres({ own: true }) }, (backends) => {
  const url = (): string => backends.postgres.url;
  beforeAll(async () => {
    db = openDatabase({ url: url(), log: silentLog });
    await migrate(db);
    folder = await mkdtemp(join(tmpdir(), 'elida-log-'));
  });
  afterAll(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    tenant = newName('tenant');
    producer = newName('edge');
  });
  afterEach(stop);

  describe('refuses to be rewritten', () => {
    const TABLES = ['events', 'log_entries', 'log_tiles', 'log_checkpoints', 'log_retention', 'audit_producers'];
    const refused = expect.objectContaining({ code: '23000' });
    const forbidden = expect.objectContaining({ code: '42501' });
    let auditor: Kysely<Database>;
    beforeAll(() => {
      auditor = openDatabase({ url: url(), log: silentLog, role: 'elida_audit' });
    });
    afterAll(() => auditor.destroy());

    it('the worker is not the owner', async () => {
      const { rows } = await sql<{ name: string }>`select current_user as name`.execute(auditor);
      expect(rows).toEqual([{ name: 'elida_audit' }]);
    });

    it.each(TABLES)('%s: the worker may not delete, truncate or drop, the owner is refused', async (table) => {
      await fill(table);
      for (const statement of [`delete from ${table}`, `truncate ${table}`]) {
        await expect(sql.raw(statement).execute(auditor)).rejects.toEqual(forbidden);
        await expect(sql.raw(statement).execute(db)).rejects.toEqual(refused);
      }
      await expect(sql.raw(`drop table ${table}`).execute(auditor)).rejects.toEqual(forbidden);
      await expect(sql.raw(`alter table ${table} disable trigger all`).execute(auditor)).rejects.toEqual(forbidden);
    });

    it.each(TABLES.slice(0, -1))('%s: nobody changes a row, not as a replica either', async (table) => {
      await fill(table);
      const statement = `update ${table} set tenant = 'x'`;
      await expect(sql.raw(statement).execute(auditor)).rejects.toEqual(forbidden);
      await expect(sql.raw(statement).execute(db)).rejects.toEqual(refused);
      const asReplica = db.transaction().execute(async (trx) => {
        await sql`set local session_replication_role = replica`.execute(trx);
        await sql.raw(statement).execute(trx);
      });
      await expect(asReplica).rejects.toEqual(refused);
    });

    it('what is stored of a producer stays stored', async () => {
      await fill('audit_producers');
      const forget = sql`update audit_producers set stored = '{}' where producer = ${producer}`;
      await expect(forget.execute(auditor)).rejects.toEqual(refused);
    });

    async function fill(table: string): Promise<void> {
      const at = new Date();
      const one = Buffer.alloc(32);
      if (table === 'log_tiles')
        await db.insertInto('log_tiles').values({ tenant, level: 1, tile: 0, width: 1, hashes: one }).execute();
      else if (table === 'log_retention')
        await sql`insert into log_retention (tenant, day, removed, at, note) values (${tenant}, now(), '{}', ${at}, '')`.execute(
          db,
        );
      else {
        const worker = await start(url());
        await worker.queue.send(batchOf(newSessionId(), 1, 1));
        await expect.poll(size, patient).toBe(1);
        await stop();
      }
    }
  });

  describe('two workers on one queue', () => {
    it('give each event one index, without gaps, and each session its order', async () => {
      const audit = [createMemoryAudit(), createMemoryAudit()] as const;
      await start(url(), { audit: audit[0] });
      await start(url(), { audit: audit[1] });
      const session = newSessionId();
      // Crosswise and twice: the later half reaches one worker before the earlier one reaches the other.
      for (let n = 0; n < 20; n++) {
        const [late, early] = [batchOf(session, n * 100 + 51, 50), batchOf(session, n * 100 + 1, 50)];
        await audit[0].queue.send(late);
        await audit[1].queue.send(early);
        await audit[n % 2 === 0 ? 0 : 1].queue.send(n % 3 === 0 ? late : early);
      }
      await expect.poll(size, patient).toBe(2_000);
      const rows = await entries();
      expect(rows.map((row) => Number(row.log_index))).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
      const { rows: order } = await sql<{ seq: string }>`
        select seq from log_entries join events using (event_id) where log_entries.tenant = ${tenant} order by log_entries.log_index`.execute(
        db,
      );
      expect(order.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1));
      await expect.poll(() => audit[0].queue.through(producer), patient).toBe(2_000);
      await stop();
      expect(await verifyLog(await exportLog(db, tenant, secret))).toEqual([]);
    });
  });

  describe('producers', () => {
    it('hear how far they are stored, also where the one who stored it died before it said so', async () => {
      const audit = createMemoryAudit();
      const mute = { ...audit, source: { ...audit.source, publish: () => Promise.reject(new Error('Redis is gone')) } };
      await start(url(), { audit: mute });
      await audit.queue.send(batchOf(newSessionId(), 1, 10));
      await expect.poll(size, patient).toBe(10);
      expect(await audit.queue.through(producer)).toBeNull();
      await stop();
      const heir = createMemoryAudit();
      await start(url(), { audit: heir });
      await expect.poll(() => heir.queue.through(producer), patient).toBe(10);
    });

    it('a hole holds their log back until it is closed; one that is not is a gap, told once, and the log goes on', async () => {
      const worker = await start(url(), { gapPatienceMs: 1_000 });
      const other = await start(url(), { gapPatienceMs: 1_000 });
      const session = newSessionId();
      await worker.queue.send(batchOf(session, 1, 10));
      await worker.queue.send(batchOf(session, 21, 10));
      await expect.poll(size, patient).toBe(10);
      await other.queue.send(batchOf(session, 11, 5));
      await expect.poll(size, patient).toBe(15);
      await expect.poll(size, patient).toBe(25);
      expect(await gaps()).toEqual([{ producer, from_seq: 16, to_seq: 20, reason: 'missing' }]);
      await expect.poll(() => worker.queue.through(producer), patient).toBe(30);
      await other.queue.send(batchOf(session, 16, 5));
      await expect.poll(size, patient).toBe(30);
      await expect.poll(gaps, patient).toEqual([
        { producer, from_seq: 16, to_seq: 20, reason: 'missing' },
        { producer, from_seq: 16, to_seq: 20, reason: 'closed' },
      ]);
    });

    it('what one says itself that it lost is not waited for, nor told again', async () => {
      const worker = await start(url(), { gapPatienceMs: 1_000 });
      const session = newSessionId();
      const data = { producer, from_seq: 11, to_seq: 20, reason: 'overflow' };
      await worker.queue.send(batchOf(session, 1, 10));
      await worker.queue.send(batchOf('', 21, 1, { type: 'audit_gap', incarnation: 0, data }));
      await expect.poll(() => worker.queue.through(producer), patient).toBe(21);
      await worker.queue.send(batchOf(session, 23, 1));
      await expect.poll(async () => (await gaps()).length, patient).toBe(2);
      expect(await gaps()).toEqual([data, { producer, from_seq: 22, to_seq: 22, reason: 'missing' }]);
    });

    const gaps = async (): Promise<unknown[]> => {
      const rows = await db
        .selectFrom('events')
        .select('data')
        .where('type', '=', 'audit_gap')
        .where(sql<boolean>`data->>'producer' = ${producer}`)
        .orderBy('id')
        .execute();
      return rows.map(({ data }) => data);
    };
  });

  it('a parked event is tried again when somebody asks, and counts as kept meanwhile', async () => {
    const worker = await start(url());
    const session = newSessionId();
    const odd = auditEvent(session, 2, { tenant, producer, severity: 'odd' as never });
    await worker.queue.send(encodeBatch(producer, [encodeRecord(odd, newSalt)]));
    await worker.queue.send(batchOf(session, 1, 1));
    await expect.poll(() => worker.queue.through(producer), patient).toBe(2);
    const waiting = () =>
      sql<{ error: string; replayed: boolean; asked: boolean }>`
        select error, replayed_at is not null as replayed, replay_requested_at is not null as asked from parked_batches
        where position(${Buffer.from(producer)}::bytea in batch) > 0`
        .execute(db)
        .then(({ rows }) => rows);
    expect(await waiting()).toEqual([{ error: 'unknown severity', replayed: false, asked: false }]);
    expect(await worker.metrics.text()).toMatch(/^elida_audit_parked [1-9]/m);
    await askReplay(db, []);
    await expect.poll(waiting, patient).toEqual([{ error: 'unknown severity', replayed: false, asked: false }]);
  });

  it('what tells of a person is sealed in the leaf, open in the table, and opened by what lies beside', async () => {
    const worker = await start(url());
    const session = newSessionId();
    const data = { principal: 'key:alice', backend: 'demo' };
    await worker.queue.send(batchOf(session, 1, 1, { type: 'session_started', data }));
    await expect.poll(size, patient).toBe(1);
    const row = await db.selectFrom('events').selectAll().where('session', '=', session).executeTakeFirstOrThrow();
    expect(row.data).toEqual(data);
    expect(row.leaf.includes('key:alice')).toBe(false);
    expect(openLeaf(row.leaf, row.disclosures).event.data).toEqual(data);
  });

  describe('checkpoints outside of the database', () => {
    it('are those of the database, in its order, also those that were made while the file was away', async () => {
      const checkpoints = join(folder, newName('checkpoints'));
      await (await start(url())).queue.send(batchOf(newSessionId(), 1, 300));
      await expect.poll(size, patient).toBe(300);
      await stop();
      await (await start(url(), { checkpoints })).queue.send(batchOf(newSessionId(), 301, 300));
      await expect.poll(size, patient).toBe(600);
      await stop();
      const kept = (await readFile(checkpoints, 'utf8')).split('\n').filter((line) => line.includes(tenant));
      const notes = await db
        .selectFrom('log_checkpoints')
        .select('note')
        .where('tenant', '=', tenant)
        .orderBy('size')
        .execute();
      expect(kept.map((line) => JSON.parse(line).note)).toEqual(notes.map(({ note }) => note));
      expect(await verifyLog(await exportLog(db, tenant, secret), checkpoints)).toEqual([]);
    });

    it('a database that was rolled back is refused, loudly, and nothing is added to its log', async () => {
      const checkpoints = join(folder, newName('checkpoints'));
      const session = newSessionId();
      await (await start(url(), { checkpoints })).queue.send(batchOf(session, 1, 20));
      await expect.poll(size, patient).toBe(20);
      await stop();
      await rollBack();
      const lines: string[] = [];
      const log = createLog({ level: 'error', write: (line) => void lines.push(line) });
      const worker = await start(url(), { checkpoints, log });
      await worker.queue.send(batchOf(session, 21, 20));
      await expect.poll(() => worker.metrics.text(), patient).toMatch(/^elida_log_refused [1-9]/m);
      const alarm = () =>
        db
          .selectFrom('events')
          .select(['data', 'severity'])
          .where('tenant', '=', tenant)
          .where('type', '=', 'audit_gap')
          .execute();
      await expect
        .poll(alarm, patient)
        .toEqual([
          { severity: 'critical', data: expect.objectContaining({ from_seq: 0, to_seq: 20, reason: 'rolled_back' }) },
        ]);
      expect(lines.filter((line) => line.includes('log_refused'))).toHaveLength(1);
      expect(await size()).toBe(0);
    });

    /** As an earlier dump has it: before the log of this tenant began. */
    const rollBack = (): Promise<void> =>
      db.transaction().execute(async (trx) => {
        for (const table of ['log_entries', 'log_tiles', 'log_checkpoints']) {
          await sql.raw(`alter table ${table} disable trigger ${table}_immutable`).execute(trx);
          await sql`delete from ${sql.table(table)} where tenant = ${tenant}`.execute(trx);
          await sql.raw(`alter table ${table} enable always trigger ${table}_immutable`).execute(trx);
        }
      });
  });

  it('hashes that do not lead to the signed root are not signed over: said once, and it goes on when they are back', async () => {
    await (await start(url())).queue.send(batchOf(newSessionId(), 1, 20));
    await expect.poll(size, patient).toBe(20);
    await stop();
    const rewrite = (hash: Buffer): Promise<Buffer> =>
      db.transaction().execute(async (trx) => {
        const row = trx.selectFrom('log_entries').select('leaf_hash').where('tenant', '=', tenant);
        const { leaf_hash } = await row.where('log_index', '=', '7').executeTakeFirstOrThrow();
        await sql`alter table log_entries disable trigger log_entries_immutable`.execute(trx);
        await sql`update log_entries set leaf_hash = ${hash} where tenant = ${tenant} and log_index = 7`.execute(trx);
        await sql`alter table log_entries enable always trigger log_entries_immutable`.execute(trx);
        return Buffer.from(leaf_hash);
      });
    const honest = await rewrite(Buffer.alloc(32));
    const lines: string[] = [];
    const log = createLog({ level: 'error', write: (line) => void lines.push(line) });
    const worker = await start(url(), { log, logEveryMs: 20 });
    await worker.queue.send(batchOf(newSessionId(), 21, 20));
    await expect.poll(() => worker.metrics.text(), patient).toMatch(/^elida_log_refused [1-9]/m);
    expect(await size()).toBe(20);
    // Rounds pass: an event of another log gets its place.
    const others = newName('tenant');
    await worker.queue.send(batchOf(newSessionId(), 41, 1, { tenant: others }));
    const placed = () => db.selectFrom('log_entries').select('log_index').where('tenant', '=', others).execute();
    await expect.poll(placed, patient).toHaveLength(1);
    await rewrite(honest);
    // What waited, and the one event that tells of the refusal.
    await expect.poll(size, patient).toBe(41);
    expect(lines.filter((line) => line.includes('log_refused'))).toHaveLength(1);
    expect(await worker.metrics.text()).toMatch(/^elida_log_refused 0/m);
  });

  it('retention takes whole days and what they say, and the proofs of the rest still hold', async () => {
    const checkpoints = join(folder, newName('checkpoints'));
    const [old, kept] = [Date.now() - 40 * DAY_MS, Date.now() - DAY_MS];
    await sql`select elida_make_event_partitions((now() at time zone 'utc')::date - 45, 50)`.execute(db);
    const worker = await start(url(), { checkpoints });
    const session = newSessionId();
    await worker.queue.send(batchOf(session, 1, 300, { occurredAt: old }));
    await worker.queue.send(batchOf(session, 301, 300, { occurredAt: kept }));
    await worker.queue.send(batchOf(session, 601, 300, { occurredAt: old }));
    await expect.poll(size, patient).toBe(900);
    await stop();
    await start(url(), { checkpoints, storage: { events: { retention_days: 30 } } });
    const left = () =>
      db
        .selectFrom('events')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .where('session', '=', session)
        .executeTakeFirst();
    await expect.poll(left, patient).toEqual({ n: '300' });
    // The log says what it lost: an event of its own, with an index.
    await expect.poll(size, patient).toBe(901);
    await stop();
    const said = await db
      .selectFrom('events')
      .select('data')
      .where('tenant', '=', tenant)
      .where('type', '=', 'retention_applied')
      .execute();
    expect(said).toEqual([{ data: { day: new Date(old).toISOString().slice(0, 10), leaves: 600, tenant } }]);
    expect(await verifyLog(await exportLog(db, tenant, secret), checkpoints)).toEqual([]);
  });
});
