/** Session detail records: interim ones once a period, the final one once, however many control planes look. */
import { startPostgres } from '@elida/repo';
import { afterEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl } from '../harness/control.ts';

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
});
