import type { Order } from '@elida/contracts';
import { createLog, openInstallation, systemClock, verifyOrder } from '@elida/kernel';
import { createMemorySessionStore } from '@elida/session';
import { describe, expect, test } from 'vitest';
import { KILL_BLOCK, OrderDesk, type OrderDeskParts } from './order-desk.ts';

const installation = openInstallation('a-secret-of-more-than-thirty-two-characters');
const given = { tenant: 'default', sid: 'ses_a', actor: 'rule:r', reason: 'because' } as const;

async function desk(change: Partial<OrderDeskParts> = {}) {
  const store = createMemorySessionStore({ now: () => Date.now() });
  await store.markReady();
  const steps: string[] = [];
  const applied: Order[] = [];
  const rung: Uint8Array[] = [];
  const lines: string[] = [];
  const made = new OrderDesk({
    clock: systemClock,
    log: createLog({ level: 'error', write: (line) => lines.push(line) }),
    installation,
    sessions: {
      async applyToSession(sid, order, create) {
        const result = await store.applyToSession(sid, order, create);
        steps.push('session');
        return result;
      },
      async appendOrder(signed) {
        steps.push('stream');
        await store.appendOrder(signed);
      },
    },
    doorbell: {
      async ringOrder(signed) {
        steps.push('bell');
        rung.push(signed);
      },
    },
    orders: {
      apply(order) {
        steps.push('cut');
        applied.push(order);
      },
    },
    killBlock: KILL_BLOCK,
    ...change,
  });
  return { made, store, steps, applied, rung, lines };
}

describe('an order of a rule', () => {
  test('first no edge lets the session in, then what runs is cut, then the others are told', async () => {
    const { made, store, steps, applied, rung } = await desk();
    await made.give({ kind: 'terminate', ...given });
    expect(steps).toEqual(['session', 'cut', 'stream', 'bell']);
    expect(await store.get('ses_a')).toMatchObject({ state: 'terminated', actor: 'rule:r', reason: 'because' });
    expect(applied).toMatchObject([{ kind: 'terminate', mode: 'permanent', untilAt: 0 }]);
    expect(rung.map((signed) => verifyOrder(installation, signed))).toEqual(applied);
  });

  test('a kill has an end', async () => {
    const { made, applied } = await desk();
    const before = Date.now();
    await made.give({ kind: 'kill', ...given });
    expect(applied).toMatchObject([{ kind: 'kill', mode: 'duration' }]);
    expect(applied[0]?.untilAt).toBeGreaterThanOrEqual(before + 1_800_000);
  });

  test.each([
    ['until_hour_change', (at: number) => at % 3_600_000 === 0 && at > Date.now() - 1_000],
    ['permanent', (at: number) => at === 0],
  ] as const)('as long as the installation says: %s', async (mode, isRight) => {
    const { made, applied } = await desk({ killBlock: { mode, duration: 1 } });
    await made.give({ kind: 'kill', ...given });
    expect(applied[0]?.mode).toBe(mode);
    expect(isRight(applied[0]?.untilAt ?? -1)).toBe(true);
  });

  test('with the store and the bus gone what runs here is cut all the same, and the log tells', async () => {
    const gone = () => Promise.reject(new Error('gone'));
    const { made, steps, lines } = await desk({
      sessions: { applyToSession: gone, appendOrder: gone },
      doorbell: { ringOrder: gone },
    });
    await made.give({ kind: 'kill', ...given });
    expect(steps).toEqual(['cut']);
    expect(lines.filter((line) => line.includes('order_not_given'))).toHaveLength(3);
  });
});
