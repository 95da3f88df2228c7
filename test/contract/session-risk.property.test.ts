/**
 * Risk, use and rates on both adapters in lockstep: whatever comes, memory and Redis hold the same and say the same, and
 * the score is the formula's over everything that was found.
 */
import { noTokens } from '@elida/contracts';
import { startRedis } from '@elida/repo';
import type { RateWindow, Watch } from '@elida/session';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { emptied } from './redis-admin.ts';
import { flag, IDLE_MS, LIFE_MS, MINUTE, request, settlement, watch } from './session-inputs.ts';
import { memorySubject, redisSubject, type SessionStore, type Subject } from './session-subject.ts';

const SIDS = ['ses_0', 'ses_1', 'ses_2', 'ses_3'] as const;
const PRINCIPALS = ['key:1', 'key:2'] as const;
/** Of each session: its principal does not change. */
const principalOf = (sid: string): string => PRINCIPALS[Number(sid.slice(-1)) % 2] ?? '';
const RATES: readonly RateWindow[] = [
  { metric: 'requests', windowMs: MINUTE },
  { metric: 'tokens', windowMs: 7 * MINUTE },
  { metric: 'tool_calls', windowMs: MINUTE },
  { metric: 'bytes', windowMs: 3 * MINUTE },
];
const NEGLIGIBLE = 0.01;

type Did =
  | { readonly what: 'enter'; readonly sid: string }
  | { readonly what: 'flag'; readonly sid: string; readonly keys: readonly number[]; readonly points: number }
  | { readonly what: 'settle'; readonly sid: string; readonly model: string; readonly tools: readonly string[] }
  | { readonly what: 'time'; readonly ms: number };

const sid = fc.constantFrom(...SIDS);
const did: fc.Arbitrary<Did> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('enter' as const), sid }) },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('flag' as const),
      sid,
      keys: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      points: fc.constantFrom(0, 0.1, 0.8, 3, 10, 33.3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('settle' as const),
      sid,
      model: fc.constantFrom('', 'gpt-5', 'claude\n'),
      tools: fc.array(fc.constantFrom('Bash', '__proto__', 'ü "x"')),
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 120_000 }) }) },
);

interface Added {
  readonly at: number;
  readonly points: number;
}

/** Every point that counts, as the formula has it. One incarnation a session: the test's time stays within its limits. */
class Model {
  readonly #sessions = new Map<string, { added: Added[]; keys: Set<number> }>();
  readonly #principals = new Map<string, Added[]>();
  readonly #halfLifeMs: number;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  #sum(added: readonly Added[], now: number): number {
    const half = this.#halfLifeMs;
    return added.reduce((sum, { at, points }) => sum + points * (half === 0 ? 1 : 0.5 ** ((now - at) / half)), 0);
  }

  enter(id: string, now: number): number {
    const known = this.#sessions.get(id);
    if (known) return this.score(id, now);
    const inherited = this.principal(principalOf(id), now);
    const points = Math.min(100, inherited < NEGLIGIBLE ? 0 : inherited);
    this.#sessions.set(id, { added: [{ at: now, points }], keys: new Set() });
    return points;
  }

  flag(id: string, keys: readonly number[], points: number, now: number): readonly boolean[] | null {
    const session = this.#sessions.get(id);
    if (!session) return null;
    const of = this.#principals.get(principalOf(id)) ?? [];
    // What is negligible has been forgotten.
    if (this.principal(principalOf(id), now) < NEGLIGIBLE) of.length = 0;
    this.#principals.set(principalOf(id), of);
    return keys.map((key) => {
      if (session.keys.has(key)) return false;
      session.keys.add(key);
      session.added.push({ at: now, points });
      of.push({ at: now, points });
      return true;
    });
  }

  score(id: string, now: number): number {
    return Math.min(100, this.#sum(this.#sessions.get(id)?.added ?? [], now));
  }

  principal(principal: string, now: number): number {
    return this.#sum(this.#principals.get(principal) ?? [], now);
  }

  violations(id: string): number {
    return this.#sessions.get(id)?.keys.size ?? 0;
  }
}

/** Numbers that have been through other hands agree to 1e-9. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toFixed(9));
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}

async function act(store: SessionStore, one: Exclude<Did, { what: 'time' }>, asked: Watch): Promise<unknown> {
  const { sid: id } = one;
  const principal = principalOf(id);
  switch (one.what) {
    case 'enter': {
      const { blocksEpoch: _, ...reply } = await store.enter(request({ sid: id, principal, watch: asked }));
      return reply;
    }
    case 'flag':
      return store.flag(
        flag([], {
          ...{ sid: id, principal, halfLifeMs: asked.halfLifeMs },
          findings: one.keys.map((key) => ({ key: `k${key}`, points: one.points })),
        }),
      );
    case 'settle':
      return store.settle([
        settlement({
          ...{ sid: id, model: one.model, toolCalls: one.tools, rates: RATES },
          tokens: { ...noTokens(), input: one.tools.length, output: 3, estimated: 1 },
          inspected: { count: one.tools.length, hash: `${one.model.length}${one.tools.length}`, replaces: '41' },
        }),
      ]);
  }
}

interface Both {
  readonly memory: { readonly subject: Subject; readonly store: SessionStore };
  readonly redis: { readonly subject: Subject; readonly store: SessionStore };
}

async function lockstep({ memory, redis }: Both, all: readonly Did[], halfLifeMs: number): Promise<void> {
  const model = new Model(halfLifeMs);
  const throttle = [
    { from: 15, below: 30, rate: 10 },
    { from: 30, below: 101, rate: 2 },
  ];
  const asked = watch({ halfLifeMs, throttle, counters: true, rates: RATES });
  for (const one of all) {
    if (one.what === 'time') {
      memory.subject.advance(one.ms);
      redis.subject.advance(one.ms);
      continue;
    }
    const now = memory.subject.now();
    const expected = await act(memory.store, one, asked);
    expect(rounded(await act(redis.store, one, asked)), one.what).toEqual(rounded(expected));
    const { sid: id } = one;
    if (one.what === 'enter') expect((expected as { score: number }).score).toBeCloseTo(model.enter(id, now), 8);
    if (one.what === 'flag') {
      const fresh = (expected as { fresh: readonly boolean[] } | null)?.fresh ?? null;
      expect(fresh).toEqual(model.flag(id, one.keys, one.points, now));
    }
    const record = await memory.store.get(id);
    expect(rounded(await redis.store.get(id))).toEqual(rounded(record));
    expect(record?.violations ?? 0).toBe(model.violations(id));
    const principal = await redis.store.principalRisk('default', principalOf(id));
    expect(rounded(principal)).toEqual(rounded(await memory.store.principalRisk('default', principalOf(id))));
  }
}

await describeWith('risk on memory and Redis in lockstep', { redis: () => startRedis() }, (backends) => {
  it('is the same in both, and what the formula says', { timeout: 120_000 }, async () => {
    const times = fc.array(did, { minLength: 1, maxLength: 80, size: 'max' }).filter((all) => {
      const total = all.reduce((sum, one) => sum + (one.what === 'time' ? one.ms : 0), 0);
      return total < Math.min(IDLE_MS, LIFE_MS);
    });
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom(0, MINUTE, 348_000), async (all, halfLifeMs) => {
        const subject = await memorySubject();
        const other = redisSubject(await emptied(backends.redis.url));
        const both = { memory: { subject, store: subject.open() }, redis: { subject: other, store: other.open() } };
        await both.memory.store.markReady();
        await both.redis.store.markReady();
        try {
          await lockstep(both, all, halfLifeMs);
        } finally {
          await other.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
