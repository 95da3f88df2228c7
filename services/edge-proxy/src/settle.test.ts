import { silentLog } from '@elida/kernel';
import type { Settlement } from '@elida/session';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SettleBuffer } from './settle.ts';

const counts = { sid: 's', incarnation: 1, backend: 'b', requests: 1, bytesIn: 2, bytesOut: 3 };
const tokens = (input: number) => ({
  ...{ input, cachedInput: 1, cacheWriteInput: 0, output: 5, reasoningOutput: 2, estimated: 0 },
});

async function settled(items: readonly Settlement[], fails = 0): Promise<Settlement[]> {
  const told: Settlement[] = [];
  let left = fails;
  const sessions = {
    settle: async (batch: readonly Settlement[]) => {
      if (left-- > 0) throw new Error('gone');
      told.push(...batch);
    },
  };
  const buffer = new SettleBuffer(sessions, silentLog, () => {
    throw new Error('lost');
  });
  for (const item of items) buffer.add(item);
  for (let flush = 0; flush <= fails; flush++) await buffer.flush();
  await buffer.close();
  return told;
}

describe('settlements wait merged', () => {
  test('one entry a session, backend and model; tokens are summed, calls kept', async () => {
    const told = await settled([
      { ...counts, model: 'm', tokens: tokens(10), toolCalls: ['a'] },
      { ...counts, model: 'm', tokens: tokens(20), toolCalls: ['b', 'a'] },
      { ...counts, model: 'm' },
      { ...counts, model: 'other', tokens: tokens(1) },
      { ...counts, incarnation: 2 },
    ]);
    expect(told).toHaveLength(3);
    expect(told[0]).toEqual({
      ...{ ...counts, requests: 3, bytesIn: 6, bytesOut: 9, model: 'm', toolCalls: ['a', 'b', 'a'] },
      tokens: { input: 30, cachedInput: 2, cacheWriteInput: 0, output: 10, reasoningOutput: 4, estimated: 0 },
    });
  });

  test('a head that goes on from a waiting one takes its place; another conversation keeps its own', async () => {
    const head = (count: number, hash: string, replaces: string): Settlement => ({
      ...{ ...counts, requests: 0 },
      inspected: { count, hash, replaces },
    });
    const told = await settled([head(1, 'a1', ''), head(3, 'a3', 'a1'), head(1, 'b1', ''), head(5, 'a5', 'a3')]);
    expect(told.map(({ inspected }) => inspected)).toEqual([
      { count: 5, hash: 'a5', replaces: '' },
      { count: 1, hash: 'b1', replaces: '' },
    ]);
  });

  test('nothing is lost and nothing counted twice while the store is gone', async () => {
    const item = fc.record({
      sid: fc.constantFrom('s', 't'),
      model: fc.constantFrom('m', 'n'),
      input: fc.nat(1_000),
      calls: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), fc.nat(3), async (items, fails) => {
        const told = await settled(
          items.map(({ sid, model, input, calls }) => ({
            ...{ ...counts, sid, model, tokens: tokens(input), toolCalls: calls },
          })),
          fails,
        );
        const sum = (of: (one: Settlement) => number) => told.reduce((total, one) => total + of(one), 0);
        expect(sum(({ requests }) => requests)).toBe(items.length);
        expect(sum((one) => one.tokens?.input ?? 0)).toBe(items.reduce((total, { input }) => total + input, 0));
        expect(sum((one) => one.toolCalls?.length ?? 0)).toBe(items.flatMap(({ calls }) => calls).length);
      }),
      { numRuns: 50 },
    );
  });
});
