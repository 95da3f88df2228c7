/** What every session store promises to the ladder: one suite, run on memory and on Redis. */
import { LIMITS } from '@elida/contracts';
import { NO_RISK, scoreAt, UNDECAYED_RISK_MS, type Watch } from '@elida/session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  flag,
  HALF_LIFE,
  IDLE_MS,
  MINUTE,
  order,
  record,
  request,
  settlement,
  tokens,
  watch,
} from './session-inputs.ts';
import type { SessionStore, Subject } from './session-subject.ts';

export function sessionRiskContract(name: string, make: () => Promise<Subject>): void {
  describe(`risk in ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    const enter = (over: Partial<Watch> = {}, sid = 'ses_a') => store.enter(request({ sid, watch: watch(over) }));

    beforeEach(async () => {
      subject = await make();
      store = subject.open();
      await store.markReady();
    });
    afterEach(() => subject.close());

    describe('findings', () => {
      it('add their points once, to the session and to its principal', async () => {
        await enter();
        const at = subject.now();
        expect(await store.flag(flag([10, 3]))).toEqual({ fresh: [true, true], before: NO_RISK, at });
        expect(await store.flag(flag([10, 3, 1]))).toEqual({
          ...{ fresh: [false, false, true], before: { score: 13, at }, at },
        });
        expect(await store.get('ses_a')).toMatchObject({
          violations: 3,
          risk: { score: 14, at },
          halfLifeMs: HALF_LIFE,
        });
        expect(await store.principalRisk('default', 'key:1')).toEqual({ score: 14, at });
        expect(await store.principalRisk('other', 'key:1')).toEqual(NO_RISK);
        expect(await enter()).toMatchObject({ score: 14 });
      });

      it('the same key twice in one exchange counts once', async () => {
        await enter();
        const twice = ['same', 'same', 'other'].map((key) => ({ key, points: 1 }));
        expect((await store.flag(flag([], { findings: twice })))?.fresh).toEqual([true, false, true]);
        expect((await store.get('ses_a'))?.violations).toBe(2);
      });

      it('without points (observed) are counted, and leave no risk', async () => {
        await enter();
        expect((await store.flag(flag([0])))?.fresh).toEqual([true]);
        expect(await store.get('ses_a')).toMatchObject({ violations: 1, risk: NO_RISK, halfLifeMs: 0 });
        expect(await store.principalRisk('default', 'key:1')).toEqual(NO_RISK);
      });

      it('decay when they are read, and are capped there only', async () => {
        await enter();
        await store.flag(flag([90, 70.3]));
        expect((await enter()).score).toBe(100);
        subject.advance(HALF_LIFE);
        expect((await enter()).score).toBeCloseTo(80.15, 9);
        subject.advance(4 * MINUTE + 321);
        const { at } = (await store.flag(flag([], { findings: [{ key: 'n', points: 0.8 }] }))) ?? { at: 0 };
        const rest = 160.3 * 2 ** (-(9 * MINUTE + 321) / HALF_LIFE);
        expect((await store.get('ses_a'))?.risk.score).toBeCloseTo(rest + 0.8, 9);
        expect((await store.get('ses_a'))?.risk.at).toBe(at);
        expect((await store.principalRisk('default', 'key:1')).score).toBeCloseTo(rest + 0.8, 9);
      });

      it('with half-life 0 never decay in a session; of a principal they are forgotten after a day', async () => {
        await enter({ halfLifeMs: 0 });
        await store.flag(flag([7], { halfLifeMs: 0 }));
        subject.advance(IDLE_MS - 1);
        expect((await enter({ halfLifeMs: 0 })).score).toBe(7);
        subject.advance(UNDECAYED_RISK_MS - IDLE_MS);
        expect((await store.principalRisk('default', 'key:1')).score).toBe(7);
        subject.advance(1);
        expect(await store.principalRisk('default', 'key:1')).toEqual(NO_RISK);
      });

      it('of an incarnation that is over, or never was, are refused', async () => {
        expect(await store.flag(flag([1]))).toBeNull();
        await enter();
        expect(await store.flag(flag([1], { incarnation: 2 }))).toBeNull();
        subject.advance(IDLE_MS + 1);
        expect(await store.flag(flag([1]))).toBeNull();
        await store.applyToSession('ses_early', order('kill'), true);
        expect(await store.flag(flag([1], { sid: 'ses_early', incarnation: 0 }))).toBeNull();
        expect(await store.principalRisk('default', 'key:1')).toEqual(NO_RISK);
      });

      it('of a killed or just terminated session still count: they are why', async () => {
        await enter();
        await store.applyToSession('ses_a', order('terminate'), false);
        expect((await store.flag(flag([50])))?.fresh).toEqual([true]);
        expect((await store.get('ses_a'))?.risk.score).toBe(50);
      });

      it('are remembered by the session id: an old conversation that goes on adds nothing', async () => {
        await enter();
        await store.flag(flag([10]));
        subject.advance(IDLE_MS + MINUTE);
        for (const { sid, incarnation } of await store.claimDue(10, MINUTE)) await store.forget(sid, incarnation);
        expect((await enter()).incarnation).toBe(2);
        expect((await store.flag(flag([10, 1], { incarnation: 2 })))?.fresh).toEqual([false, true]);
        expect((await store.get('ses_a'))?.violations).toBe(1);
      });

      it('the oldest are forgotten beyond their limit', async () => {
        await enter();
        const max = LIMITS.findingKeysMax.value;
        const keys = (from: number, count: number) =>
          Array.from({ length: count }, (_, i) => ({ key: `k${from + i}`, points: 0 }));
        await store.flag(flag([], { findings: keys(0, max) }));
        await store.flag(flag([], { findings: keys(max, 3) }));
        const again = await store.flag(flag([], { findings: keys(3, max) }));
        expect(again?.fresh.filter((fresh) => fresh)).toEqual([]);
        expect((await store.flag(flag([], { findings: keys(0, 3) })))?.fresh).toEqual([true, true, true]);
      });

      it('through four processes at once count once, and the score is the sum', async () => {
        await enter();
        const processes = [store, subject.open(), subject.open(), subject.open()];
        const replies = await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            (processes[i % 4] ?? store).flag(
              flag([], {
                findings: [
                  { key: 'all', points: 3 },
                  { key: `own ${i >> 1}`, points: 0.3 },
                ],
              }),
            ),
          ),
        );
        const fresh = replies.flatMap((reply) => reply?.fresh ?? []);
        expect(fresh.filter((one) => one)).toHaveLength(21);
        const { risk, violations } = (await store.get('ses_a')) ?? record();
        expect(violations).toBe(21);
        expect(risk.score).toBeCloseTo(3 + 20 * 0.3, 9);
        expect((await store.principalRisk('default', 'key:1')).score).toBeCloseTo(3 + 20 * 0.3, 9);
      });
    });

    describe('a principal’s risk', () => {
      it('is where its new sessions begin, decayed: a fresh session id sheds nothing', async () => {
        await enter();
        await store.flag(flag([40]));
        subject.advance(HALF_LIFE);
        const begun = await enter({}, 'ses_new');
        expect(begun).toMatchObject({ started: true });
        expect(begun.score).toBeCloseTo(20, 9);
        const { risk, halfLifeMs, violations } = (await store.get('ses_new')) ?? record();
        expect([risk.at, halfLifeMs, violations]).toEqual([subject.now(), HALF_LIFE, 0]);
        expect(risk.score).toBeCloseTo(20, 9);
        subject.advance(HALF_LIFE);
        expect((await enter({}, 'ses_new')).score).toBeCloseTo(10, 9);
        expect((await store.enter(request({ sid: 'ses_2', principal: 'key:2', watch: watch() }))).score).toBe(0);
      });

      it('capped: the score that it stands at', async () => {
        await enter({ halfLifeMs: 0 });
        await store.flag(flag([140], { halfLifeMs: 0 }));
        await enter({ halfLifeMs: 0 }, 'ses_new');
        expect((await store.get('ses_new'))?.risk.score).toBe(100);
      });

      it('is not taken by a session that no policy watches, nor by one that runs', async () => {
        await store.enter(request({ sid: 'ses_plain' }));
        await enter({}, 'ses_running');
        await enter();
        await store.flag(flag([40]));
        expect((await enter({}, 'ses_running')).score).toBe(0);
        expect(await store.enter(request({ sid: 'ses_other' }))).toMatchObject({ started: true, score: 0 });
        expect((await store.get('ses_plain'))?.risk).toEqual(NO_RISK);
      });

      it('is where the next incarnation begins, too', async () => {
        await enter();
        await store.flag(flag([40]));
        await store.applyToSession('ses_a', order('end'), false);
        expect(await enter()).toMatchObject({ incarnation: 2, score: 40 });
      });

      it('meets whoever comes at the same time with the same fresh id', async () => {
        await enter();
        await store.flag(flag([40]));
        const processes = [store, subject.open(), subject.open(), subject.open()];
        const replies = await Promise.all(
          Array.from({ length: 24 }, (_, i) =>
            (processes[i % 4] ?? store).enter(request({ sid: 'ses_new', watch: watch() })),
          ),
        );
        expect(replies.map(({ score }) => score)).toEqual(replies.map(() => 40));
        expect(replies.filter(({ started }) => started)).toHaveLength(1);
        expect((await store.get('ses_new'))?.risk.score).toBe(40);
      });
    });

    describe('throttle', () => {
      const throttle = [
        { from: 15, below: 30, rate: 10 },
        { from: 30, below: 101, rate: 1 },
      ];

      it('takes a token where the score is in a band, and tells when the next one is there', async () => {
        await enter({ throttle, halfLifeMs: 0 });
        await store.flag(flag([15], { halfLifeMs: 0 }));
        const tries: number[] = [];
        for (let i = 0; i < 3; i++) tries.push((await enter({ throttle, halfLifeMs: 0 })).retryAfterMs);
        expect(tries).toEqual([0, 6_000, 6_000]);
        subject.advance(5_999);
        expect((await enter({ throttle, halfLifeMs: 0 })).retryAfterMs).toBe(1);
        subject.advance(1);
        expect((await enter({ throttle, halfLifeMs: 0 })).retryAfterMs).toBe(0);
        expect((await enter({ throttle, halfLifeMs: 0 })).retryAfterMs).toBe(6_000);
        // Not enforced, or watched by no policy: nobody waits.
        expect((await enter({ halfLifeMs: 0 })).retryAfterMs).toBe(0);
        expect((await store.enter(request())).retryAfterMs).toBe(0);
      });

      it('is n per minute over four processes', async () => {
        await enter({ throttle, halfLifeMs: 0 });
        await store.flag(flag([20], { halfLifeMs: 0 }));
        const processes = [store, subject.open(), subject.open(), subject.open()];
        let admitted = 0;
        for (let second = 0; second < 60; second++) {
          const replies = await Promise.all(
            processes.map((one) => one.enter(request({ watch: watch({ throttle, halfLifeMs: 0 }) }))),
          );
          admitted += replies.filter(({ retryAfterMs }) => retryAfterMs === 0).length;
          subject.advance(1_000);
        }
        expect(admitted).toBe(10);
      });

      it('follows the score: out of the band nobody waits, in a higher one longer', async () => {
        await enter({ throttle });
        await store.flag(flag([16]));
        await enter({ throttle });
        expect((await enter({ throttle })).retryAfterMs).toBe(6_000);
        subject.advance(MINUTE);
        expect((await enter({ throttle })).retryAfterMs).toBe(0);
        expect((await enter({ throttle })).retryAfterMs).toBe(0);
        await store.flag(flag([], { findings: [{ key: 'more', points: 40 }] }));
        expect((await enter({ throttle })).retryAfterMs).toBe(0);
        expect((await enter({ throttle })).retryAfterMs).toBe(60_000);
      });

      it('waits for a fresh session id of a principal at risk as well', async () => {
        await enter();
        await store.flag(flag([20]));
        expect(await enter({ throttle }, 'ses_new')).toMatchObject({ score: 20, retryAfterMs: 0 });
        expect((await enter({ throttle }, 'ses_new')).retryAfterMs).toBe(6_000);
      });

      it('begins anew with an incarnation', async () => {
        await enter({ throttle });
        await store.flag(flag([20]));
        await enter({ throttle });
        expect((await enter({ throttle })).retryAfterMs).toBe(6_000);
        await store.applyToSession('ses_a', order('end'), false);
        expect(await enter({ throttle })).toMatchObject({ incarnation: 2, score: 20, retryAfterMs: 0 });
        expect((await enter({ throttle })).retryAfterMs).toBe(6_000);
      });

      it('is asked of a session that is held: it has its token, and waits for something else', async () => {
        await enter({ throttle, counters: true });
        await store.flag(flag([20]));
        subject.advance(5);
        const { score } = await enter({ throttle });
        await store.applyToSession('ses_a', order('hold'), false);
        const held = await enter({ throttle, counters: true, rates: [{ metric: 'requests', windowMs: MINUTE }] });
        expect(held).toMatchObject({ state: 'held', score, rates: [1], counts: { ageMs: 5, requests: 0 } });
        expect(held.retryAfterMs).toBe(6_000);
        await store.applyToSession('ses_early', order('hold'), true);
        expect(await enter({ counters: true }, 'ses_early')).toMatchObject({
          ...{ state: 'held', score: 0, counts: { requests: 0, ageMs: 0, idleMs: 0 } },
        });
      });

      it('is not asked of a session that is refused anyway', async () => {
        await enter();
        await store.flag(flag([20]));
        await store.applyToSession('ses_a', order('kill'), false);
        for (let i = 0; i < 3; i++) {
          expect(await enter({ throttle, counters: true })).toMatchObject({
            state: 'killed',
            score: 0,
            retryAfterMs: 0,
          });
        }
      });
    });

    it('what Postgres gives back after a wipe counts on', async () => {
      const known = record({
        ...{ incarnation: 2, epoch: 4, state: 'killed', startedAt: subject.now() - MINUTE, lastAt: subject.now() },
        ...{ requests: 3, toolCounts: { Bash: 2, constructor: 1 }, toolCalls: 3, violations: 2, halfLifeMs: HALF_LIFE },
        tokens: tokens({ input: 10, output: 4, estimated: 1 }),
        models: [{ backend: 'demo', model: 'a b', requests: 3, tokens: tokens({ input: 10 }) }],
        risk: { score: 33.12345678901234, at: subject.now() - MINUTE },
      });
      await store.restore([known], { epoch: 0, blocks: [] });
      expect(await store.get('ses_a')).toEqual(known);
      await store.applyToSession('ses_a', order('resume'), false);
      const { score } = await enter();
      expect(score).toBeCloseTo(scoreAt(known.risk, subject.now(), HALF_LIFE), 9);
      await store.settle([
        settlement({ incarnation: 2, model: 'a b', toolCalls: ['Bash'], tokens: tokens({ input: 1 }) }),
      ]);
      expect(await store.get('ses_a')).toMatchObject({
        ...{ requests: 4, toolCalls: 4, toolCounts: { Bash: 3 }, tokens: { input: 11 } },
        models: [{ requests: 4, tokens: { input: 11 } }],
      });
    });
  });
}
