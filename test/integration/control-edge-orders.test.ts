/** Orders that a rule or the ladder gave at an edge: as lasting as a person's, written once, by whoever is there. */
import type { Order } from '@elida/contracts';
import { Fault, newOrderId, newSecret, openInstallation, signOrder } from '@elida/kernel';
import { createMemorySessionStore } from '@elida/session';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';
import { type RestartablePostgres, startRestartablePostgres } from '../harness/restartable-postgres.ts';

const A = sid('a');
const B = sid('b');
const C = sid('c');

const given = (kind: 'kill' | 'terminate', id: string, over: Partial<Order> = {}): Order => ({
  ...{ id: newOrderId(), epoch: 0, kind, tenant: 'default', selector: { scope: 'session', id, members: [] } },
  ...(kind === 'kill'
    ? { mode: 'duration' as const, untilAt: Date.now() + 1_800_000 }
    : { mode: 'permanent' as const, untilAt: 0 }),
  ...{ actor: 'ladder', reason: 'the risk score reached 50', at: Date.now() },
  ...over,
});

/** As an edge does it: the session's own key, the order stream. */
async function give({ store, installation }: TestControl, order: Order): Promise<Order> {
  await store.applyToSession(order.selector.id, order, true);
  await store.appendOrder(signOrder(installation, order));
  return order;
}

const newStore = () =>
  createMemorySessionStore({ now: () => Date.now(), unavailable: () => new Fault('store_unavailable') });

await describeWith('orders given by edges', { postgres: startRestartablePostgres }, (backends) => {
  const postgres = (): RestartablePostgres => backends.postgres as RestartablePostgres;
  let control: TestControl;
  beforeEach(async () => {
    control = await startTestControl({ postgresUrl: postgres().url });
  });
  afterEach(() => control.close());
  const written = (id: string) =>
    until(() => control.client.call('getOrder', { params: { id } }).catch(() => null), 20_000);

  it('a terminate is written with its actor and event, and the session stays refused though the store is wiped', async () => {
    await control.enter({ sid: A });
    const order = await give(control, given('terminate', A));
    expect(await written(order.id)).toMatchObject({
      ...{ kind: 'terminate', actor: 'ladder', reason: 'the risk score reached 50', durable: true, enforced: true },
      ...{ selector: { scope: 'session', id: A }, sessions: 1 },
    });
    const { events } = await control.client.call('listEvents', { query: { session: A } });
    expect(events).toMatchObject([
      { type: 'terminate_requested', incarnation: 1, data: { order: order.id, actor: 'ladder' } },
    ]);
    const { installation } = control;
    await control.close();

    const store = newStore();
    control = await startTestControl({ postgresUrl: postgres().url, keep: true, store, installation });
    expect(await control.enter({ sid: A })).toMatchObject({ state: 'terminated', reason: 'the risk score reached 50' });
  });

  it('a kill stands for its time, its record leaves at once, and a person lifts it as any other', async () => {
    await control.enter({ sid: A });
    const order = await give(control, given('kill', A, { actor: 'rule:tool-exfiltration' }));
    await written(order.id);
    const { blocks } = await control.client.call('listBlocks');
    expect(blocks).toMatchObject([{ id: order.id, effect: 'refuse', actor: 'rule:tool-exfiltration', active: true }]);
    const outbox = await control.db.selectFrom('sdr_outbox').selectAll().execute();
    expect(outbox).toMatchObject([{ sid: A, interim: true, record: { state: 'killed' } }]);
    await control.client.call('createOrder', { body: { kind: 'resume', selector: { scope: 'session', id: A } } });
    expect((await control.client.call('listBlocks')).blocks).toEqual([]);
    expect((await control.store.get(A))?.state).toBe('active');
  });

  it('over replicas everything is written once', async () => {
    const { store, installation } = control;
    const other = await startTestControl({ postgresUrl: postgres().url, keep: true, store, installation });
    try {
      const orders: Order[] = [];
      for (let i = 0; i < 20; i++) {
        const id = sid(String.fromCharCode(97 + i));
        await control.enter({ sid: id });
        orders.push(await give(control, given('kill', id)));
      }
      for (const { id } of orders) await written(id);
      const ids = orders.map(({ id }) => id).sort();
      const rows = await control.db.selectFrom('control_orders').select('id').execute();
      expect(rows.map(({ id }) => id).sort()).toEqual(ids);
      const events = await control.db
        .selectFrom('events')
        .select('data')
        .where('type', '=', 'kill_requested')
        .execute();
      expect(events.map(({ data }) => (data as { order: string }).order).sort()).toEqual(ids);
      expect(await control.db.selectFrom('sdr_outbox').select('id').execute()).toHaveLength(20);
    } finally {
      await other.close();
    }
  });

  it('given while no control plane ran, it is written by the next one', async () => {
    const { store, installation } = control;
    await control.enter({ sid: A });
    await control.close();
    const order = await give(control, given('terminate', A));
    control = await startTestControl({ postgresUrl: postgres().url, keep: true, store, installation });
    expect(await written(order.id)).toMatchObject({ actor: 'ladder', enforced: true });
  });

  it('given while Postgres is away, it is written when it returns', async () => {
    await control.enter({ sid: A });
    await postgres().pause();
    const order = await give(control, given('terminate', A));
    await expect(control.client.call('listOrders')).rejects.toMatchObject({ code: 'database_unavailable' });
    await postgres().restart();
    expect(await written(order.id)).toMatchObject({ durable: true, enforced: true });
  });

  it('that did not reach the session is applied; what is forged, or a person’s, is not taken from the stream', async () => {
    for (const id of [A, B, C]) await control.enter({ sid: id });
    const forged = given('terminate', B);
    await control.store.appendOrder(signOrder(openInstallation(newSecret()), forged));
    const persons = given('terminate', C, { actor: 'owner:owner1' });
    await control.store.appendOrder(signOrder(control.installation, persons));
    const lost = given('terminate', A);
    await control.store.appendOrder(signOrder(control.installation, lost));
    await written(lost.id);
    control.pass(5_000);
    await until(async () => (await control.store.get(A))?.state === 'terminated', 10_000);
    const { orders } = await control.client.call('listOrders');
    expect(orders.map(({ order_id }) => order_id)).toEqual([lost.id]);
    expect([(await control.store.get(B))?.state, (await control.store.get(C))?.state]).toEqual(['active', 'active']);
  });
});
