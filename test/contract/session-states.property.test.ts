/**
 * The state table on both adapters in lockstep: whatever requests, orders, reapers and time do, memory and Redis give
 * the same answers and hold the same records; and neither ever does what the table does not allow.
 */
import { SESSION_STATES, type SessionRecord, type SessionState } from '@elida/contracts';
import { startRedis } from '@elida/repo';
import { TRANSITIONS } from '@elida/session';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { emptied } from './redis-admin.ts';
import { MINUTE, order, record, request, settlement } from './session-inputs.ts';
import { memorySubject, redisSubject, type SessionStore, type Subject } from './session-subject.ts';

/** Some deadlines fall upon a step, some between two. */
const STEP = 10 * MINUTE;
const SIDS = ['ses_0', 'ses_1', 'ses_2'] as const;
const KINDS = ['kill', 'hold', 'resume', 'terminate', 'end'] as const;
const LEASE_MS = 5 * MINUTE;

interface Pair {
  readonly memory: { subject: Subject; store: SessionStore };
  readonly redis: { subject: Subject; store: SessionStore };
}
/** One thing that happens, told to one store; what it answers is compared. */
type Event = { readonly label: string; readonly run: (store: SessionStore, now: number) => Promise<unknown> };

const sid = fc.constantFrom(...SIDS);
/** Minutes; 0: for good. */
const window = fc.constantFrom(0, 25, 70);

const enter = sid.map(
  (id): Event => ({
    label: `enter ${id}`,
    run: (store) => store.enter(request({ sid: id })).then(({ blocksEpoch: _, ...reply }) => reply),
  }),
);
const settle = fc.tuple(sid, fc.integer({ min: 1, max: 3 }), fc.constantFrom('demo', 'other')).map(
  ([id, incarnation, backend]): Event => ({
    label: `settle ${id} ${incarnation}`,
    run: (store) => store.settle([settlement({ sid: id, incarnation, backend })]).then(() => store.lateSettlements()),
  }),
);
const touch = sid.map((id): Event => ({ label: `touch ${id}`, run: (store) => store.touch([id]) }));
const command = fc
  .tuple(
    sid,
    fc.constantFrom(...KINDS),
    window,
    fc.boolean(),
    fc.integer({ min: 0, max: 40 }),
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(6) }),
  )
  .map(
    ([id, kind, minutes, create, number, expected]): Event => ({
      label: `${kind} ${id} ${minutes} ${create ? 'create' : ''} ord_${number} ${expected ?? ''}`,
      run: (store, now) =>
        store.applyToSession(
          id,
          order(kind, { id: `ord_${number}`, untilAt: minutes ? now + minutes * MINUTE : 0 }),
          create,
          expected,
        ),
    }),
  );
const claim = fc.boolean().map(
  (record): Event => ({
    label: `claim${record ? ' and forget' : ''}`,
    async run(store) {
      const ended = await store.claimDue(10, LEASE_MS);
      if (record) for (const { sid: id, incarnation } of ended) await store.forget(id, incarnation);
      return [...ended].sort((a, b) => (`${a.sid}${a.incarnation}` < `${b.sid}${b.incarnation}` ? -1 : 1));
    },
  }),
);
const restored = fc.tuple(sid, fc.constantFrom('killed', 'terminated', 'held'), window).map(
  ([id, state, minutes]): Event => ({
    label: `restore ${id} ${state}`,
    run: (store, now) =>
      store.restore([record({ sid: id, state, epoch: 2, untilAt: minutes ? now + minutes * MINUTE : 0 })], {
        epoch: 0,
        blocks: [],
      }),
  }),
);
const advance = fc.integer({ min: 1, max: 9 });
const happening = fc.oneof(
  { weight: 6, arbitrary: enter },
  { weight: 2, arbitrary: settle },
  { weight: 1, arbitrary: touch },
  { weight: 5, arbitrary: command },
  { weight: 3, arbitrary: claim },
  { weight: 1, arbitrary: restored },
  { weight: 4, arbitrary: advance },
);

const legal = (before: SessionRecord | null, after: SessionRecord | null): boolean => {
  if (!before || !after || after.incarnation !== before.incarnation) return true;
  if (before.state === 'terminated') return after.state === 'terminated';
  // Several steps may lie between two looks (hold → killed by the clock, then resume).
  const reach = new Set<SessionState>([before.state]);
  for (const from of reach) for (const to of Object.values(TRANSITIONS[from])) reach.add(to);
  return reach.has(after.state) && after.epoch >= before.epoch && after.requests >= before.requests;
};

async function look(store: SessionStore): Promise<(SessionRecord | null)[]> {
  return Promise.all(SIDS.map((id) => store.get(id)));
}

async function lockstep(pair: Pair, happenings: readonly (Event | number)[]): Promise<void> {
  const { memory, redis } = pair;
  let before = await look(memory.store);
  for (const next of happenings) {
    // A reaper comes by after the grace: an earlier record that a new incarnation has closed may come before it, too.
    const ms = typeof next === 'number' ? next * STEP : next.label.startsWith('claim') ? MINUTE : 0;
    memory.subject.advance(ms);
    redis.subject.advance(ms);
    if (typeof next !== 'number') {
      const expected = await next.run(memory.store, memory.subject.now());
      const actual = await next.run(redis.store, redis.subject.now());
      expect(actual, next.label).toEqual(expected);
    }
    const [held, kept] = [await look(memory.store), await look(redis.store)];
    expect(kept, typeof next === 'number' ? 'time' : next.label).toEqual(held);
    expect(await redis.store.counts('')).toEqual(await memory.store.counts(''));
    if (typeof next === 'number' || !next.label.startsWith('restore')) {
      for (const [i, record] of held.entries()) expect(legal(before[i] ?? null, record)).toBe(true);
    }
    before = held;
  }
}

await describeWith('the state table on memory and Redis in lockstep', { redis: () => startRedis() }, (backends) => {
  it('gives the same answers and the same records, whatever happens', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 60, size: 'max' }), async (happenings) => {
        const subject = await memorySubject();
        const other = redisSubject(await emptied(backends.redis.url));
        const pair = { memory: { subject, store: subject.open() }, redis: { subject: other, store: other.open() } };
        await pair.memory.store.markReady();
        await pair.redis.store.markReady();
        try {
          await lockstep(pair, happenings);
        } finally {
          await other.close();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('knows every state', () => {
    expect(Object.keys(TRANSITIONS).sort()).toEqual([...SESSION_STATES].sort());
  });
});
