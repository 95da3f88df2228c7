/** The failure table of the control plane: each dependency gone, wiped, back. */
import { Fault, silentLog } from '@elida/kernel';
import { openDatabase } from '@elida/postgres';
import { createMemorySessionStore } from '@elida/session';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';
import { type RestartablePostgres, startRestartablePostgres } from '../harness/restartable-postgres.ts';

const A = sid('a');
const B = sid('b');
const kill = (id: string) => ({ body: { kind: 'kill', selector: { scope: 'session', id }, reason: 'stop' } }) as const;

await describeWith('a dependency is gone', { postgres: startRestartablePostgres }, (backends) => {
  let control: TestControl;
  const postgres = (): RestartablePostgres => backends.postgres as RestartablePostgres;
  beforeEach(async () => {
    control = await startTestControl({ postgresUrl: postgres().url });
    await control.enter({ sid: A });
  });
  afterEach(() => control.close());

  it('Postgres stopped: a kill still cuts, says durable: false, and is written when it returns, with its event and record', async () => {
    await postgres().pause();
    const started = performance.now();
    const reply = await control.client.call('createOrder', kill(A));
    expect(reply).toMatchObject({ durable: false, enforced: true, exchanges_cut: 2 });
    expect(performance.now() - started).toBeLessThan(1_500);
    expect((await control.store.get(A))?.state).toBe('killed');
    await expect(control.client.call('listOrders')).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(control.client.call('createKey', { body: { name: 'k', roles: ['viewer'] } })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    const health = await control.client.call('getHealth');
    expect(health).toMatchObject({ status: 'degraded', checks: { postgres: { ok: false }, store: { ok: true } } });
    expect((await control.fetch('/readyz')).status).toBe(200);

    await postgres().restart();
    // The order is written first, then what it did.
    const order = await until(async () => {
      const written = await control.client.call('getOrder', { params: { id: reply.order_id } }).catch(() => null);
      return written?.enforced ? written : null;
    }, 20_000);
    expect(order).toMatchObject({ durable: true, enforced: true, exchanges_cut: 2 });
    const { events } = await control.client.call('listEvents', { query: { session: A } });
    expect(events.map(({ type }) => type)).toEqual(['kill_requested']);
    expect((await control.client.call('listBlocks')).blocks).toMatchObject([{ id: reply.order_id }]);
    expect(await control.db.selectFrom('sdr_outbox').selectAll().execute()).toHaveLength(1);
  });

  it('Postgres frozen: what runs is cut without waiting for it, the answer is bounded, and nothing hangs', async () => {
    postgres().freeze();
    try {
      const started = performance.now();
      const answered = control.client.call('createOrder', kill(A));
      await until(async () => control.orders.length === 1);
      expect(performance.now() - started).toBeLessThan(900);
      expect(await answered).toMatchObject({ durable: false, enforced: true });
      expect(performance.now() - started).toBeLessThan(3_000);
      await control.enter({ sid: B });
      const second = performance.now();
      await control.client.call('createOrder', kill(B));
      // It is known by now: nobody waits again.
      expect(performance.now() - second).toBeLessThan(500);
    } finally {
      postgres().thaw();
    }
    await until(async () => (await control.client.call('listBlocks').catch(() => null))?.blocks.length === 2, 20_000);
  });

  it('Postgres frozen: sessions are shown as they are, with their score, without what is in the database', async () => {
    await control.client.call('listSessions');
    // What is published has been looked at long enough ago that it is looked at again.
    control.pass(10_000);
    postgres().freeze();
    try {
      const started = performance.now();
      const { sessions } = await control.client.call('listSessions');
      expect(sessions).toMatchObject([{ id: A, risk: { score: 0 }, violations: 0 }]);
      expect(performance.now() - started).toBeLessThan(1_000);
      const shown = await (await control.fetch(`/control/sessions/${A}`)).json();
      expect(shown).toMatchObject({ id: A, tokens_in: 0, violation_count: 0 });
      expect(shown).not.toHaveProperty('violations');
      expect(performance.now() - started).toBeLessThan(4_000);
    } finally {
      postgres().thaw();
    }
  });

  it('the store gone: the doorbell still cuts, the order is applied when it returns', async () => {
    let gone = false;
    const inner = createMemorySessionStore({ now: () => Date.now() });
    const store = new Proxy(inner, {
      get(target, name) {
        if (gone && name !== 'heartbeat') return () => Promise.reject(new Fault('store_unavailable'));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await control.close();
    control = await startTestControl({ postgresUrl: postgres().url, store });
    await control.enter({ sid: A });
    gone = true;
    const reply = await control.client.call('createOrder', kill(A));
    expect(reply).toMatchObject({ durable: true, enforced: false, exchanges_cut: 2 });
    expect(control.orders).toMatchObject([{ kind: 'kill', selector: { id: A } }]);
    await expect(control.client.call('listSessions')).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    gone = false;
    await until(async () => (await control.store.get(A))?.state === 'killed', 10_000);
  });

  it('store and bus gone: nothing can be stopped any more, and readiness says so', async () => {
    await control.bell.close();
    expect((await control.fetch('/readyz')).status).toBe(200);
    const isReady = control.store.isReady;
    Object.assign(control.store, { isReady: () => Promise.reject(new Fault('store_unavailable')) });
    const reply = await control.fetch('/readyz');
    Object.assign(control.store, { isReady });
    expect([reply.status, await reply.json()]).toMatchObject([503, { code: 'not_ready' }]);
    expect((await control.fetch('/healthz')).status).toBe(200);
  });

  it('the store wiped: kills, holds, terminations and blocks are back before an edge is let in, with an epoch that all notice', async () => {
    const old = await control.store.blocks();
    await control.client.call('createOrder', kill(A));
    await control.enter({ sid: B });
    await control.client.call('createOrder', { body: { kind: 'terminate', selector: { scope: 'session', id: B } } });
    await control.client.call('createOrder', {
      body: { kind: 'block', selector: { scope: 'principal', id: 'key:x' } },
    });
    const { blocks } = await control.client.call('listBlocks');
    const { installation } = control;
    await control.close();

    const store = createMemorySessionStore({
      now: () => Date.now(),
      unavailable: () => new Fault('store_unavailable'),
    });
    await expect(store.enter({} as never)).rejects.toMatchObject({ code: 'store_unavailable' });
    control = await startTestControl({ postgresUrl: postgres().url, keep: true, store, installation });
    expect(await store.get(A)).toMatchObject({ state: 'killed', reason: 'stop', principal: 'key:p1', incarnation: 1 });
    expect((await store.get(B))?.state).toBe('terminated');
    const table = await store.blocks();
    expect(table.blocks.map(({ selector }) => selector.id)).toEqual(['key:x']);
    expect(table.epoch).toBeGreaterThan(old.epoch);
    expect((await control.client.call('listBlocks')).blocks).toEqual(blocks);
  });

  it('a session that a wiped store counts from one again overwrites no record', async () => {
    const end = { body: { kind: 'end', selector: { scope: 'session', id: A } } } as const;
    await control.client.call('createOrder', end);
    control.pass(5_000);
    const ended = (count: number) =>
      until(async () => {
        const rows = await control.db
          .selectFrom('sessions')
          .selectAll()
          .where('sid', '=', A)
          .orderBy('incarnation')
          .execute();
        return rows.length === count && rows;
      });
    await ended(1);
    await control.close();
    control = await startTestControl({ postgresUrl: postgres().url, keep: true });
    expect((await control.enter({ sid: A })).incarnation).toBe(1);
    await control.client.call('createOrder', end);
    control.pass(5_000);
    const rows = await ended(2);
    expect(rows.map(({ incarnation }) => incarnation)).toEqual([1, 2]);
  });

  it('two replicas end a session once: one record, one event, one export', async () => {
    const twin = await startTestControl({
      postgresUrl: postgres().url,
      keep: true,
      store: control.store,
      installation: control.installation,
    });
    try {
      const who = { principal: 'addr:10.1.2.3', clientAddr: '10.1.2.3' };
      for (const letter of 'cdefgh') await control.enter({ sid: sid(letter), lifeMs: 60_000, ...who });
      control.pass(61_000);
      const rows = await until(async () => {
        const found = await control.db.selectFrom('sessions').selectAll().execute();
        return found.length >= 6 && found;
      });
      expect(rows.every(({ end_reason, state }) => end_reason === 'max_duration' && state === 'timed_out')).toBe(true);
      // What still runs is told.
      await until(async () => control.orders.filter(({ kind }) => kind === 'end').length >= 6);
      const { events } = await control.client.call('listEvents', { query: { type: 'session_ended' } });
      expect(new Set(events.map(({ session }) => session)).size).toBe(events.length);
      // Redaction of private addresses is for what people wrote: who it was stays.
      for (const { data } of events)
        expect(data).toMatchObject({ principal: who.principal, client_addr: who.clientAddr });
      const outbox = await control.db.selectFrom('sdr_outbox').selectAll().where('interim', '=', false).execute();
      expect(outbox).toHaveLength(rows.length);
    } finally {
      await twin.close();
    }
  });

  it('a control plane waits for a database that is still starting', async () => {
    await control.close();
    await postgres().pause();
    const db = openDatabase({ url: postgres().url, log: silentLog, connectTimeoutMs: 300 });
    const starting = startTestControl({ postgresUrl: postgres().url, keep: true, db });
    await postgres().restart();
    control = await starting;
    expect((await control.client.call('getHealth')).checks.postgres.ok).toBe(true);
  });
});
