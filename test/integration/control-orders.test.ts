/** Orders over HTTP: what is written, what the store does, what the edges hear, what the caller is told. */
import { ProblemError } from '@elida/client';
import { startPostgres } from '@elida/repo';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';

const A = sid('a');
const B = sid('b');
const C = sid('c');

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
};

await describeWith('orders', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  beforeEach(async () => {
    control = await startTestControl({ postgresUrl: backends.postgres.url });
  });
  afterEach(() => control.close());
  const order = (body: Parameters<TestControl['client']['call']>[1] extends infer _ ? object : never, key?: string) =>
    control.client.call('createOrder', { body: body as never }, key === undefined ? {} : { idempotencyKey: key });
  const blocks = async (active: 'true' | 'false' | 'all' = 'true') =>
    (await control.client.call('listBlocks', { query: { active } })).blocks;

  it('a kill is written, enforced, rung and answered with what happened', async () => {
    await control.enter({ sid: A });
    const reply = await order({ kind: 'kill', selector: { scope: 'session', id: A }, reason: 'runaway' });
    expect(reply).toMatchObject({
      kind: 'kill',
      sessions: 1,
      exchanges_cut: 2,
      edges: { acked: 1, of: 1, missing: [] },
      durable: true,
      enforced: true,
      mode: 'duration',
      actor: 'owner:owner1',
    });
    expect(await control.store.get(A)).toMatchObject({ state: 'killed', reason: 'runaway' });
    expect(control.orders.map(({ id, kind }) => [id, kind])).toEqual([[reply.order_id, 'kill']]);
    expect(await blocks()).toMatchObject([{ id: reply.order_id, effect: 'refuse', active: true }]);
    expect(await control.client.call('getOrder', { params: { id: reply.order_id } })).toEqual(reply);
    const { events } = await control.client.call('listEvents', { query: { session: A } });
    expect(events).toMatchObject([{ type: 'kill_requested', data: { order: reply.order_id, reason: 'runaway' } }]);
    const outbox = await control.db.selectFrom('sdr_outbox').selectAll().execute();
    expect(outbox).toMatchObject([{ sid: A, interim: true, record: { state: 'killed' } }]);
  });

  it('resume lifts a kill, and says so where something wider still stands', async () => {
    await control.enter({ sid: A });
    await order({ kind: 'kill', selector: { scope: 'session', id: A } });
    await order({ kind: 'resume', selector: { scope: 'session', id: A } });
    expect((await control.store.get(A))?.state).toBe('active');
    expect(await blocks()).toEqual([]);
    expect(await blocks('false')).toMatchObject([{ effect: 'refuse', active: false, lifted_by: 'owner:owner1' }]);
    await order({ kind: 'kill', selector: { scope: 'tree', id: A } });
    expect(await codeOf(order({ kind: 'resume', selector: { scope: 'session', id: A } }))).toBe('conflict');
    await order({ kind: 'resume', selector: { scope: 'tree', id: A } });
    expect((await control.store.get(A))?.state).toBe('active');
    expect((await control.store.blocks()).blocks).toEqual([]);
  });

  it('a terminated session stays so: no resume, no kill, no lifting', async () => {
    await control.enter({ sid: A });
    const { order_id } = await order({ kind: 'terminate', selector: { scope: 'session', id: A } });
    for (const kind of ['resume', 'kill', 'hold', 'end'])
      expect(await codeOf(order({ kind, selector: { scope: 'session', id: A } }))).toBe('conflict');
    expect(await codeOf(control.client.call('liftBlock', { params: { id: order_id } }))).toBe('conflict');
    expect((await control.store.get(A))?.state).toBe('terminated');
  });

  it('a tree is killed with all its descendants, and a block stands for those to come', async () => {
    await control.enter({ sid: A });
    await control.enter({ sid: B, parent: A });
    await control.enter({ sid: C, parent: B });
    const reply = await order({ kind: 'kill', selector: { scope: 'tree', id: A } });
    expect(reply.sessions).toBe(3);
    for (const id of [A, B, C]) expect((await control.store.get(id))?.state).toBe('killed');
    const [block] = (await control.store.blocks()).blocks;
    expect(block?.selector).toEqual({ scope: 'tree', id: A, members: [A, B, C] });
    expect(control.orders[0]?.epoch).toBe((await control.store.blocks()).epoch);
  });

  it.each(['principal', 'agent', 'tenant', 'backend', 'all'] as const)(
    'a wide kill by %s stands in the table with a new epoch, and its resume lifts it',
    async (scope) => {
      await control.enter({ sid: A });
      await control.enter({ sid: B, tenant: 'other', principal: 'key:p2', agent: 'agent-2', backend: 'anthropic' });
      const id = { principal: 'key:p1', agent: 'agent-1', tenant: 'default', backend: 'openai', all: '' }[scope];
      const before = (await control.store.blocks()).epoch;
      const reply = await order({ kind: 'kill', selector: { scope, ...(id && { id }) } });
      expect(reply.sessions).toBe(scope === 'all' ? 2 : 1);
      const table = await control.store.blocks();
      expect(table.epoch).toBeGreaterThan(before);
      expect(table.blocks).toMatchObject([{ id: reply.order_id, effect: 'refuse', selector: { scope, id } }]);
      expect(control.orders[0]).toMatchObject({ epoch: table.epoch, selector: { scope, id } });
      await order({ kind: 'resume', selector: { scope, ...(id && { id }) } });
      expect((await control.store.blocks()).blocks).toEqual([]);
      expect(await blocks()).toEqual([]);
    },
  );

  it('end closes every session of a principal; their next requests begin anew', async () => {
    await control.enter({ sid: A });
    await control.enter({ sid: B });
    expect((await order({ kind: 'end', selector: { scope: 'principal', id: 'key:p1' } })).sessions).toBe(2);
    expect((await control.store.get(A))?.state).toBe('completed');
    expect(await blocks()).toEqual([]);
    expect((await control.enter({ sid: A })).incarnation).toBe(2);
  });

  it('a dry run says what it would meet and changes nothing', async () => {
    await control.enter({ sid: A });
    const reply = await order({ kind: 'kill', selector: { scope: 'all' }, dry_run: true });
    expect(reply).toMatchObject({ dry_run: true, sessions: 1, exchanges_cut: 2 });
    expect((await control.store.get(A))?.state).toBe('active');
    expect(control.orders.map(({ kind }) => kind)).toEqual(['count']);
    expect(await blocks('all')).toEqual([]);
    expect((await control.client.call('listOrders')).orders).toEqual([]);
  });

  it('a hold that nobody lifts becomes a kill: once, rung, and written', async () => {
    await control.enter({ sid: A });
    await order({ kind: 'hold', selector: { scope: 'session', id: A }, duration: '1m' });
    await order({ kind: 'hold', selector: { scope: 'agent', id: 'agent-7' }, duration: '1m' });
    control.pass(60_001);
    await until(async () => (await blocks()).length === 2);
    expect(await blocks()).toMatchObject([
      { effect: 'refuse', actor: 'timer' },
      { effect: 'refuse', actor: 'timer' },
    ]);
    expect((await control.store.get(A))?.state).toBe('killed');
    expect((await control.store.blocks()).blocks).toMatchObject([{ effect: 'refuse', selector: { id: 'agent-7' } }]);
    expect(control.orders.filter(({ kind }) => kind === 'kill')).toHaveLength(2);
    await order({ kind: 'resume', selector: { scope: 'session', id: A } });
    expect((await control.store.get(A))?.state).toBe('active');
  });

  it('the same idempotency key is one order, however often and at once it is sent', async () => {
    await control.enter({ sid: A });
    const kill = { kind: 'kill', selector: { scope: 'session', id: A } };
    const first = await order(kill, 'k1');
    const again = await Promise.all([order(kill, 'k1'), order(kill, 'k1')]);
    expect(again).toEqual([first, first]);
    expect(control.orders).toHaveLength(1);
    expect(await codeOf(order({ kind: 'hold', selector: { scope: 'session', id: A } }, 'k1'))).toBe('conflict');
  });

  it('nothing is written for a session that nobody knows', async () => {
    expect(await codeOf(order({ kind: 'kill', selector: { scope: 'session', id: A } }))).toBe('not_found');
    expect((await control.client.call('listOrders')).orders).toEqual([]);
  });

  it('a display name serves as an id where it fits one session, else the candidates are named', async () => {
    await control.enter({ sid: A, displayName: 'client-1-x' });
    await order({ kind: 'kill', selector: { scope: 'session', id: 'client-1-x' } });
    expect((await control.store.get(A))?.state).toBe('killed');
    await control.enter({ sid: B, displayName: 'client-1-x' });
    const refused = await control.client
      .call('getSession', { params: { id: 'client-1-x' } })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ambiguous' });
    expect((refused as ProblemError).problem.errors.map(({ message }) => message).sort()).toEqual([A, B]);
  });

  it('an edge that does not answer is named, within the 250 ms', async () => {
    await control.close();
    control = await startTestControl({ postgresUrl: backends.postgres.url, answers: false });
    await control.enter({ sid: A });
    const started = performance.now();
    const reply = await order({ kind: 'kill', selector: { scope: 'session', id: A } });
    expect(reply.edges).toEqual({ acked: 0, of: 1, missing: ['edge-1'] });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('a block is edited and lifted over the API, in the store too', async () => {
    const { order_id: id } = await order({ kind: 'block', selector: { scope: 'principal', id: 'key:p9' } });
    expect((await control.client.call('getBlock', { params: { id } })).until).toBeNull();
    const edited = await control.client.call('editBlock', { params: { id }, body: { duration: '5m', reason: 'soon' } });
    expect(edited).toMatchObject({ mode: 'duration', reason: 'soon' });
    expect((await control.store.blocks()).blocks).toMatchObject([
      { id, reason: 'soon', untilAt: Date.parse(edited.until ?? '') },
    ]);
    expect((await control.client.call('liftBlock', { params: { id } })).kind).toBe('unblock');
    expect((await control.store.blocks()).blocks).toEqual([]);
    expect(await codeOf(control.client.call('liftBlock', { params: { id } }))).toBe('conflict');
    expect(control.orders.map(({ kind }) => kind)).toEqual(['block', 'unblock']);
  });

  it('the kill of one session is edited and lifted by its block as well', async () => {
    await control.enter({ sid: A });
    const { order_id: id } = await order({ kind: 'kill', selector: { scope: 'session', id: A } });
    const { until: end } = await control.client.call('editBlock', { params: { id }, body: { duration: '2h' } });
    expect((await control.store.get(A))?.untilAt).toBe(Date.parse(end ?? ''));
    await control.client.call('liftBlock', { params: { id } });
    expect((await control.store.get(A))?.state).toBe('active');
  });

  it('a kill whose window runs out ends the incarnation, with its record', async () => {
    await control.enter({ sid: A });
    await order({ kind: 'kill', selector: { scope: 'session', id: A }, duration: '10m' });
    control.pass(600_001);
    const row = await until(() =>
      control.db.selectFrom('sessions').selectAll().where('sid', '=', A).executeTakeFirst(),
    );
    expect(row).toMatchObject({ incarnation: 1, state: 'killed', end_reason: 'killed' });
    expect(await blocks()).toEqual([]);
  });

  it('an order that a dying control plane only wrote is applied by the next, in order, and not when a later one has replaced it', async () => {
    await control.enter({ sid: A });
    await control.enter({ sid: B });
    const row = (id: string, target: string, ago: number) => ({
      id,
      idempotency_key: null,
      kind: 'kill' as const,
      tenant: 'default',
      selector: JSON.stringify({ scope: 'session', id: target, members: [] }),
      mode: 'permanent' as const,
      until_at: null,
      actor: 'x',
      reason: '',
      at: new Date(Date.now() - ago),
      applied_at: null,
      result: null,
    });
    await order({ kind: 'hold', selector: { scope: 'session', id: B } });
    await control.db
      .insertInto('control_orders')
      .values([row('ord_1', A, 5_000), row('ord_2', B, 60_000)])
      .execute();
    await until(async () => (await control.store.get(A))?.state === 'killed');
    await until(async () => (await control.client.call('getOrder', { params: { id: 'ord_2' } })).enforced);
    expect((await control.store.get(B))?.state).toBe('held');
  });
});
