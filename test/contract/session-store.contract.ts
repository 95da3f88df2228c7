/** What every session store promises: one suite, run on memory and on Redis. */
import { END_GRACE_MS } from '@elida/session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IDLE_MS, LIFE_MS, MINUTE, order, request, settlement } from './session-inputs.ts';
import { KILL_WINDOW_MS, type SessionStore, type Subject } from './session-subject.ts';

const LEASE_MS = 5 * MINUTE;

export function sessionStoreContract(name: string, make: () => Promise<Subject>): void {
  describe(`sessions in ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    const kill = (minutes: number, sid = 'ses_a', create = false) =>
      store.applyToSession(sid, order('kill', { untilAt: minutes ? subject.now() + minutes * MINUTE : 0 }), create);
    const forgetAll = async (): Promise<string[]> => {
      const ended = await store.claimDue(100, LEASE_MS);
      for (const { sid, incarnation } of ended) await store.forget(sid, incarnation);
      return ended.map(({ sid, incarnation, endReason }) => `${sid} ${incarnation} ${endReason}`).sort();
    };

    beforeEach(async () => {
      subject = await make();
      store = subject.open();
      await store.markReady();
    });
    afterEach(() => subject.close());

    describe('first requests', () => {
      it('begin an incarnation once, however many come at once through several processes', async () => {
        const other = subject.open();
        const replies = await Promise.all(
          Array.from({ length: 40 }, (_, i) => (i % 2 ? store : other).enter(request({ sid: 'ses_new' }))),
        );
        expect(replies.filter(({ started }) => started)).toHaveLength(1);
        expect(new Set(replies.map(({ incarnation }) => incarnation))).toEqual(new Set([1]));
      });

      it('keep what the request said', async () => {
        await store.enter(request({ agent: 'a', workflow: 'w', parent: 'ses_p', tags: { team: 'ü "x"' } }));
        expect(await store.get('ses_a')).toMatchObject({
          ...{ sid: 'ses_a', tenant: 'default', principal: 'key:1', agent: 'a', workflow: 'w', parent: 'ses_p' },
          ...{ tags: { team: 'ü "x"' }, hintKind: 'x-session-id', displayName: 'client-0a1b2c3d-demo' },
          ...{ state: 'active', incarnation: 1, policy: 'default', backend: 'demo', clientAddr: '192.0.2.7' },
          ...{ edge: 'edge-1', requests: 0, endedAt: 0, endReason: '', untilAt: 0, reason: '', actor: '' },
        });
      });

      it('an agent that becomes known later is filled in, and never changed', async () => {
        await store.enter(request());
        await store.enter(request({ agent: 'first' }));
        await store.enter(request({ agent: 'second' }));
        expect((await store.get('ses_a'))?.agent).toBe('first');
      });
    });

    describe('counters', () => {
      it('add up, per backend too', async () => {
        await store.enter(request());
        await store.settle([settlement(), settlement({ backend: 'other', requests: 2, bytesIn: 1, bytesOut: 2 })]);
        await store.settle(Array.from({ length: 250 }, () => settlement({ bytesIn: 0, bytesOut: 0 })));
        expect(await store.get('ses_a')).toMatchObject({
          ...{ requests: 253, bytesIn: 101, bytesOut: 1_002, backendsUsed: { demo: 251, other: 2 } },
        });
      });

      it('belong to one incarnation: what comes late is ignored and counted', async () => {
        await store.enter(request());
        await store.applyToSession('ses_a', order('end'), false);
        expect((await store.enter(request())).incarnation).toBe(2);
        await store.settle([settlement({ incarnation: 1 }), settlement({ sid: 'ses_unknown' })]);
        expect((await store.get('ses_a'))?.requests).toBe(0);
        expect(store.lateSettlements()).toBe(2);
      });

      it('of a killed or just ended session still settle', async () => {
        await store.enter(request());
        await kill(30);
        await store.settle([settlement()]);
        await store.applyToSession('ses_a', order('terminate'), false);
        await store.settle([settlement()]);
        expect((await store.get('ses_a'))?.requests).toBe(2);
      });
    });

    describe('kill', () => {
      it('refuses with its reason and end, until the window is over', async () => {
        await store.enter(request());
        const before = await store.get('ses_a');
        const applied = await kill(30);
        expect(applied?.changed).toBe(true);
        expect(applied?.record).toMatchObject({
          ...{ state: 'killed', reason: 'runs away', actor: 'ann@example.com', untilAt: subject.now() + 30 * MINUTE },
          epoch: (before?.epoch ?? 0) + 1,
        });
        const { untilAt } = applied?.record ?? { untilAt: 0 };
        const refused = { state: 'killed', incarnation: 1, started: false, reason: 'runs away', untilAt };
        expect(await store.enter(request())).toMatchObject(refused);
        subject.advance(29 * MINUTE);
        expect(await store.enter(request())).toMatchObject(refused);
      });

      it('resumed inside the window, the session goes on', async () => {
        await store.enter(request());
        await kill(30);
        const resumed = await store.applyToSession('ses_a', order('resume'), false);
        expect(resumed).toMatchObject({ changed: true, record: { state: 'active', reason: '', untilAt: 0 } });
        expect(await store.enter(request())).toMatchObject({ state: 'active', incarnation: 1, started: false });
      });

      it('not resumed, the incarnation ends when the window does, and the same hint starts the next', async () => {
        await store.enter(request());
        const untilAt = (await kill(30))?.record.untilAt ?? 0;
        subject.advance(31 * MINUTE);
        const [ended] = await store.claimDue(10, LEASE_MS);
        expect(ended).toMatchObject({ state: 'killed', endReason: 'killed', incarnation: 1, endedAt: untilAt });
        await store.forget('ses_a', 1);
        expect(await store.enter(request())).toMatchObject({ state: 'active', incarnation: 2, started: true });
      });

      it('its end is honoured though no reaper has come by', async () => {
        await store.enter(request());
        await kill(30);
        subject.advance(31 * MINUTE);
        expect(await store.enter(request())).toMatchObject({ state: 'active', incarnation: 2, started: true });
        expect(await forgetAll()).toEqual(['ses_a 1 killed']);
        expect(await store.get('ses_a')).toMatchObject({ incarnation: 2, state: 'active' });
      });

      it('for good stays for good', async () => {
        await store.enter(request());
        await kill(0);
        subject.advance(400 * 24 * 60 * MINUTE);
        expect(await store.enter(request())).toMatchObject({ state: 'killed', untilAt: 0 });
        expect(await forgetAll()).toEqual([]);
      });

      it('may come before the first request', async () => {
        expect(await kill(30, 'ses_early')).toBeNull();
        const applied = await kill(30, 'ses_early', true);
        expect(applied).toMatchObject({ changed: true, record: { state: 'killed', incarnation: 0, startedAt: 0 } });
        expect(await store.enter(request({ sid: 'ses_early' }))).toMatchObject({ state: 'killed', started: false });
        subject.advance(31 * MINUTE);
        expect(await store.enter(request({ sid: 'ses_early' }))).toMatchObject({ incarnation: 1, started: true });
        expect(await forgetAll()).toEqual([]);
      });
    });

    describe('terminate', () => {
      it('is for good: nothing lifts it, and a tombstone stays', async () => {
        await store.enter(request());
        await store.applyToSession('ses_a', order('terminate'), false);
        subject.advance(END_GRACE_MS + MINUTE);
        expect(await forgetAll()).toEqual(['ses_a 1 terminated']);
        for (const kind of ['resume', 'kill', 'hold', 'end'] as const) {
          expect((await store.applyToSession('ses_a', order(kind), true))?.changed).toBe(false);
        }
        subject.advance(400 * 24 * 60 * MINUTE);
        expect(await store.enter(request())).toMatchObject({ state: 'terminated', started: false });
        expect((await store.list({}, 10, '')).sessions).toEqual([]);
      });

      it('also of a session that has ended, whose end stays what it was', async () => {
        await store.enter(request());
        subject.advance(31 * MINUTE);
        await store.applyToSession('ses_a', order('terminate'), true);
        expect(await store.get('ses_a')).toMatchObject({ state: 'terminated', endReason: 'idle' });
        expect(await forgetAll()).toEqual(['ses_a 1 idle']);
        expect((await store.enter(request())).state).toBe('terminated');
      });
    });

    describe('hold', () => {
      it('makes requests wait, and resume lets them in', async () => {
        await store.enter(request());
        await store.applyToSession('ses_a', order('hold', { untilAt: subject.now() + 10 * MINUTE }), false);
        expect(await store.enter(request())).toMatchObject({ state: 'held', reason: 'runs away' });
        await store.applyToSession('ses_a', order('resume'), false);
        expect(await store.enter(request())).toMatchObject({ state: 'active', incarnation: 1 });
      });

      it('that nobody lifts becomes a kill with its own window', async () => {
        await store.enter(request());
        const heldUntil = subject.now() + 10 * MINUTE;
        await store.applyToSession('ses_a', order('hold', { untilAt: heldUntil }), false);
        subject.advance(11 * MINUTE);
        expect(await store.enter(request())).toMatchObject({ state: 'killed', untilAt: heldUntil + KILL_WINDOW_MS });
        subject.advance(KILL_WINDOW_MS);
        expect(await forgetAll()).toEqual(['ses_a 1 killed']);
      });
    });

    describe('ends', () => {
      it('idle, at the time at which it was due', async () => {
        await store.enter(request());
        const startedAt = (await store.get('ses_a'))?.startedAt ?? 0;
        subject.advance(IDLE_MS + 7 * MINUTE);
        const [ended] = await store.claimDue(10, LEASE_MS);
        expect(ended).toMatchObject({ state: 'timed_out', endReason: 'idle', endedAt: startedAt + IDLE_MS });
      });

      it('a running exchange keeps the session from idling out, but not from its longest life', async () => {
        await store.enter(request());
        for (let i = 0; i < 5; i++) {
          subject.advance(20 * MINUTE - 1_000);
          await store.touch(['ses_a', 'ses_unknown']);
        }
        expect(await forgetAll()).toEqual([]);
        subject.advance(LIFE_MS - 5 * 20 * MINUTE + MINUTE);
        expect(await forgetAll()).toEqual(['ses_a 1 max_duration']);
      });

      it('explicit, after the grace in which the cut exchanges settle', async () => {
        await store.enter(request());
        await store.applyToSession('ses_a', order('end'), false);
        expect(await store.claimDue(10, LEASE_MS)).toEqual([]);
        await store.settle([settlement()]);
        subject.advance(END_GRACE_MS + MINUTE);
        const [ended] = await store.claimDue(10, LEASE_MS);
        expect(ended).toMatchObject({ state: 'completed', endReason: 'completed', requests: 1 });
      });

      it('a request inside the grace begins the next, and both records come', async () => {
        await store.enter(request());
        await store.settle([settlement()]);
        await store.applyToSession('ses_a', order('end'), false);
        expect(await store.enter(request())).toMatchObject({ incarnation: 2, started: true });
        subject.advance(IDLE_MS + MINUTE);
        const ended = await store.claimDue(10, LEASE_MS);
        expect(ended.map(({ incarnation, requests, endReason }) => [incarnation, requests, endReason]).sort()).toEqual([
          [1, 1, 'completed'],
          [2, 0, 'idle'],
        ]);
        await store.forget('ses_a', 2);
        await store.forget('ses_a', 1);
        expect((await store.enter(request())).incarnation).toBe(3);
      });

      it('come once to several reapers, and again only when a lease runs out unrecorded', async () => {
        const reapers = [store, subject.open(), subject.open()];
        for (let i = 0; i < 60; i++) await store.enter(request({ sid: `ses_${i}` }));
        subject.advance(IDLE_MS + MINUTE);
        const rounds: string[] = [];
        await Promise.all(
          reapers.map(async (reaper) => {
            for (let ended = await reaper.claimDue(7, LEASE_MS); ended.length > 0; ) {
              rounds.push(...ended.map(({ sid }) => sid));
              ended = await reaper.claimDue(7, LEASE_MS);
            }
          }),
        );
        expect(rounds).toHaveLength(60);
        expect(new Set(rounds).size).toBe(60);
        for (let i = 0; i < 59; i++) await store.forget(`ses_${i}`, 1);
        subject.advance(LEASE_MS + MINUTE);
        expect(await forgetAll()).toEqual(['ses_59 1 idle']);
        subject.advance(LEASE_MS + MINUTE);
        expect(await forgetAll()).toEqual([]);
      });

      it('an end under a lease does not come again because the session goes on', async () => {
        await store.enter(request());
        subject.advance(IDLE_MS + MINUTE);
        await store.enter(request());
        expect((await store.claimDue(10, LEASE_MS)).map(({ incarnation }) => incarnation)).toEqual([1]);
        await store.applyToSession('ses_a', order('terminate'), false);
        subject.advance(END_GRACE_MS + 1_000);
        expect((await store.claimDue(10, LEASE_MS)).map(({ incarnation }) => incarnation)).toEqual([2]);
        subject.advance(LEASE_MS);
        expect(await forgetAll()).toEqual(['ses_a 1 idle', 'ses_a 2 terminated']);
      });

      it('at most `limit` sessions are claimed, the earliest first', async () => {
        for (const sid of ['ses_1', 'ses_2', 'ses_3']) {
          await store.enter(request({ sid }));
          subject.advance(2 * MINUTE);
        }
        subject.advance(IDLE_MS);
        expect((await store.claimDue(2, LEASE_MS)).map(({ sid }) => sid)).toEqual(['ses_1', 'ses_2']);
      });

      it('forgotten, only the number is kept, and the same hint counts on', async () => {
        await store.enter(request());
        subject.advance(IDLE_MS + MINUTE);
        expect(await forgetAll()).toEqual(['ses_a 1 idle']);
        expect(await store.get('ses_a')).toBeNull();
        expect(await store.applyToSession('ses_a', order('resume'), true)).toBeNull();
        expect(await store.enter(request())).toMatchObject({ incarnation: 2, started: true });
        subject.advance(IDLE_MS + MINUTE);
        expect(await forgetAll()).toEqual(['ses_a 2 idle']);
      });

      it('the policy’s new limits count from the next request on', async () => {
        await store.enter(request());
        await store.enter(request({ idleMs: 5 * MINUTE }));
        subject.advance(6 * MINUTE);
        expect(await forgetAll()).toEqual(['ses_a 1 idle']);
      });
    });

    describe('orders', () => {
      it('the same order twice is applied once', async () => {
        await store.enter(request());
        const same = order('kill', { untilAt: subject.now() + 30 * MINUTE });
        const first = await store.applyToSession('ses_a', same, false);
        const second = await store.applyToSession('ses_a', same, false);
        expect(second).toEqual(first);
      });

      it('an expected epoch that is not the session’s changes nothing', async () => {
        await store.enter(request());
        const { epoch } = (await store.get('ses_a')) ?? { epoch: -1 };
        expect((await store.applyToSession('ses_a', order('kill'), false, epoch + 1))?.changed).toBe(false);
        expect((await store.get('ses_a'))?.state).toBe('active');
        const tries = await Promise.all(
          Array.from({ length: 8 }, () => store.applyToSession('ses_a', order('kill'), false, epoch)),
        );
        expect(tries.filter((applied) => applied?.changed)).toHaveLength(1);
      });

      it('resume and end of an unknown session do nothing', async () => {
        expect(await store.applyToSession('ses_x', order('resume'), true)).toBeNull();
        expect(await store.applyToSession('ses_x', order('end'), true)).toBeNull();
      });

      it('are streamed to every follower once, from where it began, until it stops', async () => {
        await store.appendOrder(Uint8Array.of(0));
        const seen: number[][] = [[], []];
        const stop = new AbortController();
        const done = [store, subject.open()].map((follower, i) =>
          follower.followOrders((signed) => seen[i]?.push(signed[0] ?? -1), stop.signal),
        );
        // Following begins with a look at where the stream stands: orders until then may or may not be seen.
        for (let n = 1; !seen.every((orders) => orders.length > 0); n++) {
          await store.appendOrder(Uint8Array.of(n % 100));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const binary = Uint8Array.of(255, 0, 13, 10, 200);
        await store.appendOrder(binary);
        await expect.poll(() => seen.every((orders) => orders.at(-1) === 255)).toBe(true);
        for (const orders of seen) {
          expect(orders).not.toContain(0);
          const run = orders.slice(0, -1);
          expect(run).toEqual(run.map((_, i) => ((run[0] ?? 0) + i) % 100));
        }
        stop.abort();
        await Promise.all(done);
      });

      it('who asks for what is kept gets that first, then what comes', async () => {
        for (const n of [1, 2, 3]) await store.appendOrder(Uint8Array.of(n));
        const seen: number[] = [];
        const stop = new AbortController();
        const done = subject.open().followOrders((signed) => seen.push(signed[0] ?? -1), stop.signal, 'kept');
        await expect.poll(() => seen).toEqual([1, 2, 3]);
        await store.appendOrder(Uint8Array.of(4));
        await expect.poll(() => seen).toEqual([1, 2, 3, 4]);
        stop.abort();
        await done;
      });
    });
  });
}
