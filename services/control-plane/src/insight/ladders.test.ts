import { createSnapshot } from '@elida/contracts';
import { Fault } from '@elida/kernel';
import { DEFAULT_LADDER } from '@elida/policy';
import { blank } from '@elida/session';
import { expect, it } from 'vitest';
import { Ladders } from './ladders.ts';

const compiled = (mode: string, half = 60_000) =>
  JSON.stringify({ mode, rules: [{}, {}], ladder: { ...DEFAULT_LADDER, halfLifeMs: half } });
const published = (mode: string, version = 3) =>
  createSnapshot({
    hash: `h${mode}`,
    policies: [{ name: 'base', version, compiledJson: compiled(mode) }, { name: 'old' }],
  });
const clockAt = (now: number) => ({ now: () => now, monotonic: () => now });
const laddersOf = (mode: string, now = 1_000) =>
  new Ladders({ publisher: { fetch: async () => published(mode) }, clock: clockAt(now) }).refresh();
const session = (score: number, change = {}) => ({
  ...{ ...blank('ses_1', 'default'), policy: 'base@1', halfLifeMs: 60_000 },
  ...{ risk: { score, at: 1_000 }, ...change },
});

it.each([
  [4.9, 'none'],
  [5, 'warn'],
  [29, 'throttle'],
  [30, 'block'],
  [50, 'terminate'],
  [1e6, 'terminate'],
])('at %f the ladder of its policy does: %s', async (score, action) => {
  const ladders = await laddersOf('enforce');
  expect(ladders.standing(session(score), 1_000)).toMatchObject({ action, enforced: true, half_life_ms: 60_000 });
});

it('the score falls while nobody looks, and with it what is done', async () => {
  const ladders = await laddersOf('enforce');
  const at = (now: number) => ladders.standing(session(40), now);
  expect([at(1_000), at(61_000), at(241_000)]).toMatchObject([
    { score: 40, action: 'block' },
    { score: 20, action: 'throttle' },
    { score: 2.5, action: 'none' },
  ]);
});

it('a live session is shown as it stands now, an ended one as it stood at its end', async () => {
  const ladders = await laddersOf('enforce', 61_000);
  expect(ladders.view(session(40)).risk.score).toBe(20);
  expect(ladders.view(session(40, { endedAt: 1_000 })).risk.score).toBe(40);
});

it('audit says what would be done, off does nothing', async () => {
  expect((await laddersOf('audit')).standing(session(40), 1_000)).toMatchObject({ action: 'block', enforced: false });
  expect((await laddersOf('off')).standing(session(40), 1_000).action).toBe('none');
});

it('a policy is found by its name, in the form of the tenant; one that is gone leaves what an edge would choose', async () => {
  const policy = (name: string, priority: number, score: number, match = {}) => ({
    ...{ name, version: 1, priority, match },
    compiledJson: JSON.stringify({
      ...{ mode: 'enforce', rules: [{}] },
      ladder: { enabled: true, halfLifeMs: 0, thresholds: [{ score, action: 'block' }] },
    }),
  });
  const snapshot = createSnapshot({
    hash: 'h',
    policies: [
      policy('base', 0, 10),
      policy('base', 1, 20, { tenants: ['acme*'] }),
      policy('keyed', 6, 1, { keys: ['k1'] }),
      policy('mine', 4, 30, { principals: ['key:me'] }),
      { name: 'old', version: 1, priority: 9 },
    ],
  });
  const ladders = await new Ladders({ publisher: { fetch: async () => snapshot }, clock: clockAt(0) }).refresh();
  const blocksAt = (tenant: string, principal: string, policy: string) =>
    ladders.of({ tenant, principal, policy })?.ladder.thresholds[0]?.score;
  expect(blocksAt('default', 'key:you', 'base@1')).toBe(10);
  expect(blocksAt('acme-1', 'key:you', 'base@7')).toBe(20);
  expect(blocksAt('default', 'key:you', 'keyed@1')).toBe(1);
  for (const gone of ['', 'gone@1', 'old@1']) {
    expect(blocksAt('default', 'key:you', gone)).toBe(10);
    expect(blocksAt('default', 'key:me', gone)).toBe(30);
  }
  expect(ladders.rules).toBe(3);
});

it('nothing published: no ladder', async () => {
  const empty = createSnapshot({ hash: 'h' });
  const ladders = await new Ladders({ publisher: { fetch: async () => empty }, clock: clockAt(0) }).refresh();
  expect(ladders.standing(session(40), 1_000)).toMatchObject({ score: 40, action: 'none', enforced: false });
  expect(ladders.acting).toBe(false);
});

it('before anything is published no ladder acts; another failure is told', async () => {
  const failing = (code: 'not_ready' | 'internal') =>
    new Ladders({ publisher: { fetch: () => Promise.reject(new Fault(code)) }, clock: clockAt(0) });
  expect((await failing('not_ready').refresh()).acting).toBe(false);
  await expect(failing('internal').refresh()).rejects.toMatchObject({ code: 'internal' });
});

it('what has not changed is not read again', async () => {
  const asked: string[] = [];
  const fetch = async (etag: string) => {
    asked.push(etag);
    return etag === '' ? published('enforce') : null;
  };
  const ladders = new Ladders({ publisher: { fetch }, clock: clockAt(0) });
  await ladders.refresh();
  await ladders.refresh();
  expect(asked).toEqual(['', 'henforce']);
  expect(ladders.acting).toBe(true);
});

it('a source that hangs is not waited for, nor asked twice; what was known last goes on', async () => {
  let asked = 0;
  let answer = Promise.resolve<ReturnType<typeof published> | null>(published('enforce'));
  const fetch = () => {
    asked++;
    return answer;
  };
  const ladders = new Ladders({ publisher: { fetch }, clock: clockAt(0) });
  await ladders.refresh();
  answer = new Promise(() => undefined);
  await ladders.refresh();
  await ladders.refresh();
  expect(asked).toBe(2);
  expect(ladders.standing(session(40), 1_000).action).toBe('block');
});
