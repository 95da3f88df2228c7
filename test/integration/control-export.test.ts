/** Exports of the log, and what `elida verify` says of them: honest ones, tampered ones, after retention. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyInclusion } from '@elida/record';
import { startPostgres } from '@elida/repo';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newSessionId, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { OWNER_KEY } from '../harness/control.ts';
import { MADE, many, newName, patient, RecordUnderTest } from '../harness/record.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

await describeWith('exports', { postgres: () => startPostgres({ own: true }) }, (backends) => {
  let record: RecordUnderTest;
  beforeAll(async () => {
    record = await RecordUnderTest.start(backends.postgres.url);
  });
  afterAll(() => record?.close());
  beforeEach(() => record.newTenant());

  describe('an export', () => {
    it('is complete and unaltered, and that it was taken is in it', async () => {
      await record.send(many(newSessionId(), 700));
      const { code, findings, logs } = await record.exportAndVerify();
      expect({ code, findings }).toEqual({ code: 0, findings: [] });
      expect(logs).toMatchObject([{ size: 701 + MADE, leaves: 701 + MADE, removed: 0, outside: 0, hidden: 0 }]);
      const { body } = await record.get('/control/events?type=access');
      expect(body).toMatchObject({
        count: 1,
        events: [{ data: { resource: `export of the log of ${record.tenant}` } }],
      });
    });

    it('of a range has hashes in the place of the rest', async () => {
      await record.send(many(newSessionId(), 300, { occurredAt: Date.now() - 3 * DAY_MS }));
      await record.send(many(newSessionId(), 300, { occurredAt: Date.now() - 2 * DAY_MS }));
      await record.send(many(newSessionId(), 300));
      const days = (ago: number): string => new Date(Date.now() - ago * DAY_MS + HOUR_MS).toISOString();
      const byTime = await record.exportAndVerify('--since', days(3), '--until', days(2));
      expect(byTime).toMatchObject({ findings: [], logs: [{ leaves: 300, outside: 601 + MADE }] });
      const byIndex = await record.exportAndVerify('--from', '100', '--to', '150');
      expect(byIndex).toMatchObject({ findings: [], logs: [{ leaves: 50 }] });
      expect(await record.exportAndVerify('--since', '2030-01-01T00:00:00Z')).toMatchObject({
        findings: [],
        logs: [{ leaves: 0 }],
      });
    });

    it('goes at the pace of its reader, who may leave', async () => {
      await record.send(many(newSessionId(), 2_000, { data: { description: 'x'.repeat(2_000) } }));
      await record.logged(2_000 + MADE);
      const lines = record.client().exportLog({});
      const first = await lines.next();
      expect(Buffer.from(first.value as Uint8Array).toString('utf8')).toMatch(/^\{"kind":"log"/);
      await lines.return(undefined);
      // Its connection to the database is free again: more of them than the pool has.
      for (let n = 0; n < 12; n++) {
        const other = record.client().exportLog({ from: '0', to: '2000' });
        await other.next();
        await other.return(undefined);
      }
      expect((await record.get('/control/events?limit=1')).status).toBe(200);
    });

    it('without --tenant is a folder of all logs', async () => {
      await record.send(many(newSessionId(), 5));
      await record.logged(5 + MADE);
      const run = (...args: string[]) => record.runAs(OWNER_KEY, ...args);
      const several = await run('export');
      expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('--tenant names one') });
      const path = join(record.folder, newName('folder'));
      expect(await run('export', '--out', path)).toMatchObject({ code: 0 });
      const { logs } = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as { logs: unknown[] };
      expect(logs.length).toBeGreaterThan(1);
      const one = await run('export', '--tenant', record.tenant);
      expect(JSON.parse(one.stdout.split('\n')[0] ?? '')).toMatchObject({ kind: 'log', tenant: record.tenant });
    });

    it('needs its own permission', async () => {
      const made = await record.client().call('createKey', { body: { name: 'a', roles: ['analyst', 'operator'] } });
      expect(await record.get('/api/v1/export', made.key)).toMatchObject({
        status: 403,
        body: { code: 'not_allowed' },
      });
      expect((await record.get('/api/v1/log', made.key)).status).toBe(200);
    });
  });

  describe('what a superuser did is named by `elida verify`', () => {
    const row = (index: number) => sql`
      (select e.event_id from log_entries l join events e using (event_id, occurred_at)
        where l.tenant = ${record.tenant} and l.log_index = ${index})`;
    beforeEach(async () => {
      await record.send(many(newSessionId(), 50));
      await record.logged(50 + MADE);
    });

    it('an event was changed', async () => {
      await record.tamper(
        'events',
        sql`update events set leaf = set_byte(leaf, 3, 255 - get_byte(leaf, 3)) where event_id = ${row(10)}`,
      );
      const { code, findings } = await record.exportAndVerify();
      expect(code).toBe(1);
      expect(findings).toContainEqual(expect.objectContaining({ name: 'altered', from: 10, to: 11 }));
    });

    it('an event was deleted', async () => {
      await record.tamper('events', sql`delete from events where event_id = ${row(10)}`);
      expect((await record.exportAndVerify()).findings).toMatchObject([{ name: 'deleted', from: 10, to: 11 }]);
    });

    it('an event and its place were deleted', async () => {
      await record.tamper('events', sql`delete from events where event_id = ${row(10)}`);
      await record.tamper(
        'log_entries',
        sql`delete from log_entries where tenant = ${record.tenant} and log_index = 10`,
      );
      expect((await record.exportAndVerify()).names).toContain('deleted');
    });

    it('an event was put in beside the log', async () => {
      await record.tamper(
        'events',
        sql`insert into events (event_id, tenant, producer, seq, occurred_at, type, session, incarnation, severity, leaf, data)
          select gen_random_uuid(), tenant, producer, seq + 1000, occurred_at, type, session, incarnation, severity, leaf, data
          from events where event_id = ${row(10)}`,
      );
      const { findings } = await record.exportAndVerify();
      expect(findings).toContainEqual(expect.objectContaining({ name: 'uncovered' }));
    });

    it('a hash of the tree was changed', async () => {
      await record.tamper(
        'log_entries',
        sql`update log_entries set leaf_hash = sha256('x') where tenant = ${record.tenant} and log_index = 5`,
      );
      expect((await record.exportAndVerify()).names).toContain('altered');
    });

    it('the tail was cut off, as if it had never been', async () => {
      const cut = sql`(select event_id from log_entries where tenant = ${record.tenant} and log_index >= 20)`;
      await record.tamper('events', sql`delete from events where event_id in ${cut}`);
      await record.tamper(
        'log_entries',
        sql`delete from log_entries where tenant = ${record.tenant} and log_index >= 20`,
      );
      await record.tamper('log_checkpoints', sql`delete from log_checkpoints where tenant = ${record.tenant}`);
      expect((await record.exportAndVerify()).names).toContain('rolled_back');
    });
  });

  it('after retention the export says what went, and what is left still verifies', async () => {
    await record.send(many(newSessionId(), 400, { occurredAt: Date.now() - 40 * DAY_MS }));
    await record.send(many(newSessionId(), 300));
    await record.logged(700 + MADE);
    const [gone] = (
      await record.client().call('listEvents', { query: { until: new Date(Date.now() - DAY_MS).toISOString() } })
    ).events;
    const second = await startAudit({
      ...{
        databaseUrl: backends.postgres.url,
        secret: record.secret,
        checkpoints: join(record.folder, newName('checkpoints')),
      },
      storage: { events: { retention_days: 30 } },
    });
    const left = async () => (await record.client().call('getEventStats')).total_events;
    await expect.poll(left, patient).toBe(300 + MADE + 1);
    await second.close();
    await record.logged(700 + MADE + 1);
    const { code, findings, logs } = await record.exportAndVerify();
    expect({ code, findings }).toEqual({ code: 0, findings: [] });
    expect(logs).toMatchObject([{ removed: 400, leaves: 300 + MADE + 2 }]);
    const proof = await record.client().call('getInclusionProof', { params: { event_id: gone?.event_id ?? '' } });
    const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
    expect(proof.leaf).toBeNull();
    const [hash, root] = [Buffer.from(proof.leaf_hash, 'base64'), Buffer.from(proof.root, 'base64')];
    expect(verifyInclusion({ index: proof.index, size: proof.size, leafHash: hash, root }, hashes)).toBe(true);
  });
});
