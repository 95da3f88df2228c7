/** Who may read what is kept, that it is on record, and what becomes of what was tampered with. */

import { openInstallation, silentLog } from '@elida/kernel';
import { type Database, openDatabase } from '@elida/postgres';
import { startPostgres } from '@elida/repo';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AuditUnderTest, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { captured, keepingEdge } from '../harness/captures.ts';
import { startTestControl, type TestControl } from '../harness/control.ts';
import { SECRET } from '../harness/edge.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { reply } from '../harness/upstream.ts';

type Json = Record<string, unknown>;

await describeWith('captures over the API', { postgres: () => startPostgres() }, (backends) => {
  let control: TestControl;
  let worker: AuditUnderTest;
  let db: Kysely<Database>;
  beforeEach(async () => {
    control = await startTestControl({
      postgresUrl: backends.postgres.url,
      installation: openInstallation(SECRET),
      file: { storage: { capture_mode: 'all' } },
    });
    worker = await startAudit({ databaseUrl: backends.postgres.url });
    db = openDatabase({ url: backends.postgres.url, log: silentLog });
  });
  afterEach(async () => {
    await worker.close();
    await db.destroy();
    await control.close();
  });

  const flag = [policyEntry({ ...noLadder, rules: [rule('coffee', 'flag', 'espresso')] })];
  /** One exchange, kept. */
  async function keep(): Promise<{ session: string; id: string }> {
    const { edge } = await keepingEdge(
      worker,
      ({ socket }) => void socket.write(reply('{"choices":[{"index":0,"message":{"content":"here it is"}}]}')),
      { more: { store: control.store }, policies: flag },
    );
    const answer = await fetch(`${edge.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-id': 'read-me' },
      body: '{"model":"gpt-5","messages":[{"role":"user","content":"an espresso"}]}',
    });
    await answer.arrayBuffer();
    const session = answer.headers.get('x-elida-session-id') ?? '';
    const [capture] = await captured(db, session, 1);
    await expect
      .poll(async () => (await control.client.call('listCaptures', { params: { id: session } })).captures.length)
      .toBe(1);
    return { session, id: capture?.captureId ?? '' };
  }
  const keyOf = async (role: 'viewer' | 'analyst' | 'operator', tenant: string): Promise<string> =>
    (await control.client.call('createKey', { body: { name: role, roles: [role], tenant } })).key;
  const accesses = () => db.selectFrom('events').select(['session', 'data']).where('type', '=', 'access').execute();
  const compat = async (path: string, key?: string): Promise<Json> =>
    (await (
      await control.fetch(`/control${path}`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })
    ).json()) as Json;

  it('a list says that they are there, and nothing of what was said; reading one is on record with who did it', async () => {
    const { session, id } = await keep();
    const list = await control.client.call('listCaptures', { params: { id: session } });
    expect(list.captures).toMatchObject([{ id, session, incarnation: 1, flagged: true, truncated: false }]);
    expect(JSON.stringify(list)).not.toContain('espresso');
    expect(await accesses()).toEqual([]);
    const capture = await control.client.call('getCapture', { params: { id } });
    expect(capture).toMatchObject({ id, session, method: 'POST', path: '/v1/chat/completions', status: 200 });
    expect(capture.request.text).toContain('an espresso');
    expect(capture.response.text).toContain('here it is');
    expect(await accesses()).toMatchObject([{ session, data: { resource: `capture ${id}` } }]);
    expect((await accesses())[0]?.data.actor).not.toBe('');
  });

  it('analysts of its tenant read it; viewers, operators and other tenants do not, and leave no access behind', async () => {
    const { session, id } = await keep();
    const read = async (key: string) => control.clientOf(key).call('getCapture', { params: { id } });
    const list = async (key: string) => control.clientOf(key).call('listCaptures', { params: { id: session } });
    for (const role of ['viewer', 'operator'] as const) {
      const key = await keyOf(role, 'default');
      await expect(read(key)).rejects.toMatchObject({ status: 403 });
      await expect(list(key)).rejects.toMatchObject({ status: 403 });
    }
    const foreign = await keyOf('analyst', 'other');
    await expect(read(foreign)).rejects.toMatchObject({ status: 404 });
    await expect(list(foreign)).rejects.toMatchObject({ status: 404 });
    expect(await accesses()).toEqual([]);
    expect((await read(await keyOf('analyst', 'default'))).request.text).toContain('espresso');
    expect(await accesses()).toHaveLength(1);
  });

  it('that was changed, or moved to another session, is not shown', async () => {
    const { id } = await keep();
    await expect(
      sql`update captures set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))`.execute(db),
    ).rejects.toThrow('never change');
    // Whoever owns the database can do so nevertheless.
    await sql`alter table captures disable trigger all`.execute(db);
    const { rows } = await sql<{ relname: string }>`
      select relname from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'captures'::regclass`.execute(
      db,
    );
    for (const { relname } of rows) await sql`alter table ${sql.table(relname)} disable trigger all`.execute(db);
    await sql`update captures set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))`.execute(db);
    const read = () => control.client.call('getCapture', { params: { id } });
    await expect(read()).rejects.toMatchObject({ status: 500, code: 'capture_unreadable' });
    await sql`update captures set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))`.execute(db);
    expect((await read()).id).toBe(id);
    await sql`update captures set session = 'ses_other'`.execute(db);
    await expect(read()).rejects.toMatchObject({ code: 'capture_unreadable' });
  });

  it("are in the seeds' flagged sessions, for who may read them, and that is on record too", async () => {
    const { session } = await keep();
    const shown = await compat(`/flagged/${session}`);
    expect(shown.captures).toEqual(shown.captured_content);
    expect(shown.captured_content).toMatchObject([
      {
        timestamp: expect.any(String) as string,
        method: 'POST',
        path: '/v1/chat/completions',
        request_body: expect.stringContaining('an espresso') as string,
        response_body: expect.stringContaining('here it is') as string,
        status_code: 200,
      },
    ]);
    expect(await accesses()).toMatchObject([{ session, data: { resource: `1 captures of ${session}.1` } }]);
    const operator = await compat(`/flagged/${session}`, await keyOf('operator', 'default'));
    expect(operator).toMatchObject({ session_id: session, captures: [], captured_content: [] });
    expect((await compat('/health')).capture_mode).toBe('all');
    expect(await compat('/policy')).toMatchObject({ capture_content: true, max_capture_size: 10_000 });
  });
});
