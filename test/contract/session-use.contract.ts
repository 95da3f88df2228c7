/** What every session store promises to metering and inspection: one suite, run on memory and on Redis. */
import { LIMITS, noTokens } from '@elida/contracts';
import type { Watch } from '@elida/session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, order, record, request, settlement, tokens, watch } from './session-inputs.ts';
import type { SessionStore, Subject } from './session-subject.ts';

export function sessionUseContract(name: string, make: () => Promise<Subject>): void {
  describe(`use in ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    const enter = (over: Partial<Watch> = {}, sid = 'ses_a') => store.enter(request({ sid, watch: watch(over) }));

    beforeEach(async () => {
      subject = await make();
      store = subject.open();
      await store.markReady();
    });
    afterEach(() => subject.close());

    describe('captures', () => {
      const capture = (over: object = {}) => store.capture({ sid: 'ses_a', incarnation: 1, max: 3, ...over });

      it('are counted up to the most that there may be, however many ask at once', async () => {
        await store.enter(request());
        const answers = await Promise.all(Array.from({ length: 20 }, () => capture()));
        expect(answers.filter((granted) => granted)).toHaveLength(3);
        expect(await capture()).toBe(false);
        expect(await capture({ max: 4 })).toBe(true);
        expect((await store.get('ses_a'))?.captures).toBe(4);
      });

      it('are of one incarnation: a next one begins at none, and of one that is over nothing is counted', async () => {
        await store.enter(request());
        expect(await capture()).toBe(true);
        expect(await capture({ incarnation: 2 })).toBeNull();
        expect(await capture({ sid: 'ses_unknown' })).toBeNull();
        await store.applyToSession('ses_a', order('end'), false);
        await store.enter(request());
        expect((await store.get('ses_a'))?.captures).toBe(0);
        expect(await capture()).toBeNull();
        expect(await capture({ incarnation: 2 })).toBe(true);
      });

      it('survive a wipe with the record', async () => {
        await store.restore([record({ state: 'killed', captures: 2 })], { epoch: 1, blocks: [] });
        expect((await store.get(record().sid))?.captures).toBe(2);
      });
    });

    describe('what was used', () => {
      it('tokens add up, together and by backend and model', async () => {
        await store.enter(request());
        const one = tokens({ input: 100, cachedInput: 80, output: 20, reasoningOutput: 5 });
        await store.settle([
          settlement({ model: 'gpt-5', tokens: one }),
          settlement({ model: 'gpt-5', tokens: one }),
          settlement({ backend: 'other', model: 'gpt-5', tokens: tokens({ input: 7, estimated: 7 }) }),
          settlement({ model: 'a model' }),
          settlement({ tokens: tokens({ cacheWriteInput: 3, input: 3 }) }),
        ]);
        const twice = tokens({ input: 200, cachedInput: 160, output: 40, reasoningOutput: 10 });
        const { tokens: sum, models, requests } = (await store.get('ses_a')) ?? record();
        expect(requests).toBe(5);
        expect(sum).toEqual({ ...twice, input: 210, estimated: 7, cacheWriteInput: 3 });
        expect(models).toEqual([
          { backend: 'demo', model: 'a model', requests: 1, tokens: noTokens() },
          { backend: 'demo', model: 'gpt-5', requests: 2, tokens: twice },
          { backend: 'other', model: 'gpt-5', requests: 1, tokens: tokens({ input: 7, estimated: 7 }) },
        ]);
      });

      it('models that nobody knows take no more room than their limit', async () => {
        await store.enter(request());
        const max = LIMITS.sessionModelsMax.value;
        for (let i = 0; i < max + 5; i++) {
          await store.settle([settlement({ model: `m${String(i).padStart(3, '0')}`, tokens: tokens({ input: 1 }) })]);
        }
        await store.settle([settlement({ model: 'm000' }), settlement({ model: 'x'.repeat(10_000) })]);
        const models = (await store.get('ses_a'))?.models ?? [];
        expect(models).toHaveLength(max + 1);
        expect(models.find(({ model }) => model === 'm000')?.requests).toBe(2);
        expect(models.find(({ model }) => model === '…')).toMatchObject({ requests: 6, tokens: { input: 5 } });
      });

      it('tool calls count by name, whatever the name is, no more names than their limit', async () => {
        await store.enter(request());
        await store.settle([
          settlement({ toolCalls: ['Bash', 'Read', 'Bash', '__proto__', 'constructor', '__proto__'] }),
        ]);
        const first = await store.get('ses_a');
        expect(first?.toolCalls).toBe(6);
        expect(Object.entries(first?.toolCounts ?? {}).sort()).toEqual([
          ...[
            ['Bash', 2],
            ['Read', 1],
            ['__proto__', 2],
            ['constructor', 1],
          ],
        ]);
        const max = LIMITS.sessionToolsMax.value;
        await store.settle([settlement({ toolCalls: Array.from({ length: max }, (_, i) => `t${i}`) })]);
        await store.settle([settlement({ toolCalls: ['Bash', 'another'] })]);
        const { toolCounts, toolCalls } = (await store.get('ses_a')) ?? record();
        expect(toolCalls).toBe(max + 8);
        expect(Object.keys(toolCounts)).toHaveLength(max + 1);
        expect(toolCounts).toMatchObject({ Bash: 3, '…': 5 });
      });

      it('a policy that asks gets the counters as they were before the exchange', async () => {
        expect((await enter({ counters: true })).counts).toEqual({
          ...{ requests: 0, bytesIn: 0, bytesOut: 0, tokensIn: 0, tokensOut: 0 },
          ...{ toolCalls: 0, toolFanout: 0, ageMs: 0, idleMs: 0 },
        });
        subject.advance(1_000);
        await store.settle([
          settlement({ tokens: tokens({ input: 5, output: 6 }), toolCalls: ['a', 'b', 'a'], bytesIn: 3, bytesOut: 4 }),
        ]);
        subject.advance(500);
        expect((await enter({ counters: true })).counts).toEqual({
          ...{ requests: 1, bytesIn: 3, bytesOut: 4, tokensIn: 5, tokensOut: 6 },
          ...{ toolCalls: 3, toolFanout: 2, ageMs: 1_500, idleMs: 500 },
        });
        expect((await enter()).counts).toBeNull();
        expect(await store.enter(request())).toMatchObject({ score: 0, retryAfterMs: 0, counts: null, rates: [] });
      });
    });

    describe('sliding windows', () => {
      const PER_MINUTE = { metric: 'requests', windowMs: MINUTE } as const;

      it('count requests at enter, this one too, once however many rules watch', async () => {
        expect((await enter({ rates: [PER_MINUTE, PER_MINUTE] })).rates).toEqual([1, 1]);
        expect((await enter({ rates: [PER_MINUTE] })).rates).toEqual([2]);
        expect((await enter({ rates: [{ ...PER_MINUTE, windowMs: 2 * MINUTE }] })).rates).toEqual([1]);
      });

      it('slide: of the window before as much as is still covered', async () => {
        for (let i = 0; i < 8; i++) await enter({ rates: [PER_MINUTE] });
        subject.advance(MINUTE + 15_000);
        expect((await enter({ rates: [PER_MINUTE] })).rates).toEqual([8 * 0.75 + 1]);
        subject.advance(2 * MINUTE);
        expect((await enter({ rates: [PER_MINUTE] })).rates).toEqual([1]);
      });

      it('count tokens, tool calls and bytes when they settle', async () => {
        const rates = (['tokens', 'tool_calls', 'bytes', 'requests'] as const).map((metric) => ({
          ...{ metric, windowMs: MINUTE },
        }));
        await enter({ rates });
        await store.settle([
          settlement({
            rates,
            tokens: tokens({ input: 10, output: 5 }),
            toolCalls: ['a', 'b'],
            bytesIn: 1,
            bytesOut: 2,
          }),
          settlement({ rates: [...rates, ...rates], toolCalls: ['a'], bytesIn: 10, bytesOut: 0 }),
        ]);
        expect((await enter({ rates })).rates).toEqual([15, 3, 13, 2]);
      });

      it('belong to one incarnation', async () => {
        await enter({ rates: [PER_MINUTE] });
        await store.applyToSession('ses_a', order('end'), false);
        expect(await enter({ rates: [PER_MINUTE] })).toMatchObject({ incarnation: 2, rates: [1] });
      });
    });

    describe('inspected history', () => {
      const inspected = (count: number, hash: string, replaces = '') =>
        store.settle([settlement({ inspected: { count, hash, replaces } })]);

      it('is told at the next enter, the newest head first; a head takes the place of the one that it goes on from', async () => {
        expect((await enter()).inspected).toEqual([]);
        await inspected(3, 'aaa');
        await inspected(1, 'bbb');
        expect((await enter()).inspected).toEqual([
          { count: 1, hash: 'bbb' },
          { count: 3, hash: 'aaa' },
        ]);
        await inspected(5, 'ccc', 'aaa');
        await inspected(1, 'bbb', 'gone');
        expect((await enter()).inspected).toEqual([
          { count: 1, hash: 'bbb' },
          { count: 5, hash: 'ccc' },
        ]);
      });

      it('keeps as many heads as its limit, and goes on in the next incarnation', async () => {
        await enter();
        const max = LIMITS.inspectedHeadsMax.value;
        for (let i = 0; i < max + 3; i++) await inspected(i, `h${i}`);
        await store.applyToSession('ses_a', order('end'), false);
        const { incarnation, inspected: heads } = await enter();
        expect(incarnation).toBe(2);
        expect(heads.map(({ hash }) => hash)).toEqual(Array.from({ length: max }, (_, i) => `h${max + 2 - i}`));
      });
    });
  });
}
