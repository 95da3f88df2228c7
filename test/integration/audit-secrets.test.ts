/** What agents send may hold secrets; what is kept does not: from the proxy's socket to the last byte of the table. */
import { silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase } from '@elida/postgres';
import { startPostgres } from '@elida/repo';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuditUnderTest, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { edgeWith } from '../harness/edge-with.ts';
import { PLANTED, SAID } from '../harness/planted.ts';

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
