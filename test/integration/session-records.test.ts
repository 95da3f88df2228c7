/** Session detail records: interim ones once a period, the final one once, however many control planes look. */
import type { AuditEvent, EventType } from '@elida/contracts';
import { newSalt } from '@elida/kernel';
import { insertEvents } from '@elida/postgres';
import { sealEvent } from '@elida/record';
import { startPostgres } from '@elida/repo';
import { afterEach, expect, it } from 'vitest';
import { auditEvent } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl } from '../harness/control.ts';

const WHO = {
  principal: 'key:p1',
  agent: 'a',
  backend: 'openai',
  display_name: 'n',
  hint_kind: 'h',
  client_addr: '',
  parent: '',
};

function insert({ db }: TestControl, session: string, seq: number, change: Partial<AuditEvent>): Promise<unknown> {
  const event = auditEvent(session, seq, change);
  return insertEvents(db, [{ event, ...sealEvent(event, newSalt) }]);
}

const patient = { timeout: 20_000, interval: 20 };

await describeWith('session detail records', { postgres: () => startPostgres({ own: true }) }, (backends) => {
  const controls: TestControl[] = [];
  afterEach(async () => {
    for (const control of controls.splice(0).reverse()) await control.close();
  });

  it('of a long session each period in which something happened has one, and its end has one', async () => {
    const options = { postgresUrl: backends.postgres.url, file: { storage: { interim_sdr: 400 } } };
    const first = await startTestControl(options);
    controls.push(first);
    const { db, store, installation } = first;
    controls.push(await startTestControl({ ...options, keep: true, db, store, installation }));
    const session = sid('a');
    const records = () =>
      db
        .selectFrom('sdr_outbox')
        .select(['interim', 'period'])
        .where('sid', '=', session)
        .orderBy('interim', 'desc')
        .orderBy('period')
        .execute();
    await first.enter({ sid: session });
    await expect.poll(async () => (await records()).length, patient).toBe(1);
    expect(await records()).toEqual([{ interim: true, period: 1 }]);
    // It goes on in a later period: that one has a record, those in which nothing happened have none.
    await first.enter({ sid: session });
    await expect.poll(async () => (await records()).length, patient).toBe(2);
    first.pass(2 * 3_600_000);
    await expect.poll(async () => (await records()).at(-1), patient).toEqual({ interim: false, period: null });
    const kinds = (await records()).map(({ interim }) => interim);
    expect(kinds).toEqual([true, true, false]);
    const ends = db
      .selectFrom('events')
      .select('data')
      .where('session', '=', session)
      .where('type', '=', 'session_ended');
    expect(await ends.execute()).toHaveLength(1);
  });

  it('sessions that a wiped store forgot end by what the events say of them, once; those that a kill put back live on', async () => {
    const { url: postgresUrl } = backends.postgres;
    const first = await startTestControl({ postgresUrl });
    const [lost, killed, over] = [sid('b'), sid('c'), sid('d')];
    const at = Date.now() - 60_000;
    let seq = 0;
    const tell = (session: string, type: EventType, data: object): Promise<unknown> =>
      insert(first, session, ++seq, { type, data: { ...data }, occurredAt: at + seq - 1 });
    for (const session of [lost, killed, over]) await tell(session, 'session_started', WHO);
    const use = { backend: 'openai', model: 'gpt' };
    for (const bytes_in of [10, 20]) await tell(lost, 'exchange', { ...use, bytes_in, bytes_out: 7, policy: 'p@1' });
    await tell(lost, 'tokens_used', { ...use, input_tokens: 5, output_tokens: 6, estimated: false });
    await tell(lost, 'tool_called', { ...use, tool_name: 'shell' });
    await tell(lost, 'violation_detected', {});
    await first.enter({ sid: killed });
    await first.client.call('createOrder', { body: { kind: 'kill', selector: { scope: 'session', id: killed } } });
    await first.enter({ sid: over });
    await first.client.call('createOrder', { body: { kind: 'end', selector: { scope: 'session', id: over } } });
    first.pass(5_000);
    const ends = (control: TestControl) =>
      control.db.selectFrom('sessions').select(['sid', 'end_reason', 'record']).orderBy('sid').execute();
    await expect.poll(async () => (await ends(first)).length, patient).toBe(1);
    await first.close();

    const second = await startTestControl({ postgresUrl, keep: true, installation: first.installation });
    controls.push(second);
    // The same caller goes on meanwhile: another life, with an end of its own.
    await second.enter({ sid: lost });
    second.pass(35_000);
    await expect.poll(async () => (await ends(second)).length, patient).toBe(2);
    const [own, other] = await ends(second);
    expect([own?.sid, own?.end_reason, other?.sid, other?.end_reason]).toEqual([lost, 'lost', over, 'completed']);
    expect(own?.record).toMatchObject({
      ...{
        incarnation: 1,
        state: 'timed_out',
        startedAt: at,
        endedAt: at + seq - 1,
        principal: 'key:p1',
        policy: 'p@1',
      },
      ...{ requests: 2, bytesIn: 30, bytesOut: 14, backendsUsed: { openai: 2 }, violations: 1 },
      ...{ toolCalls: 1, toolCounts: { shell: 1 }, tokens: { input: 5, output: 6 } },
      models: [{ backend: 'openai', model: 'gpt', requests: 2, tokens: { input: 5, output: 6 } }],
    });
    await second.client.call('createOrder', { body: { kind: 'end', selector: { scope: 'session', id: lost } } });
    second.pass(5_000);
    await expect.poll(async () => (await ends(second)).length, patient).toBe(3);
    expect((await ends(second)).map(({ sid: session, record }) => [session, record.incarnation])).toEqual(
      expect.arrayContaining([
        [lost, 1],
        [lost, 2],
        [over, 1],
      ]),
    );
    const said = second.db.selectFrom('events').select('incarnation').where('session', '=', lost);
    expect(await said.where('type', '=', 'session_ended').execute()).toHaveLength(2);
  });
});
