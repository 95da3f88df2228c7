/** The risk ladder at the edge, for real: over both stores, several edges, fresh session ids, and what runs already. */

import { openInstallation, silentLog } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { createRedisSessionStore, type RedisSessionStore } from '@elida/redis';
import { startRedis } from '@elida/repo';
import { createMemorySessionStore, type MemorySessionStore } from '@elida/session';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { backend, SECRET, startTestEdge, type TestEdge } from '../harness/edge.ts';
import { policyEntry, rule } from '../harness/policies.ts';
import { chunk, SSE_HEAD, startUpstream, type Upstream } from '../harness/upstream.ts';
import { type Said, WIRES, type Wire } from '../harness/wires.ts';

type Store = MemorySessionStore | RedisSessionStore;
type MakeStore = () => Promise<Store>;
const [chat] = WIRES as [Wire, ...Wire[]];

interface Setup {
  readonly edges: readonly TestEdge[];
  readonly upstream: Upstream;
  readonly store: Store;
  /** One message of its own in the session `id`. */
  say(edge: number, id: string, text: string, headers?: Record<string, string>): Promise<Answer>;
  events(type: string): readonly { readonly data: Readonly<Record<string, unknown>> }[];
}
interface Answer {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string;
  readonly text: string;
}

async function setUp(make: MakeStore, document: Record<string, unknown>, edges = 1): Promise<Setup> {
  const store = await make();
  const upstream = await startUpstream();
  const bell = createMemoryBell({ installation: openInstallation(SECRET) });
  const snapshot = { backends: [backend(upstream.url)], policies: [policyEntry(document)] } as never;
  const all = await Promise.all(
    Array.from({ length: edges }, () => startTestEdge({ store: store as MemorySessionStore, snapshot, bell })),
  );
  onTestFinished(async () => {
    for (const edge of all) await edge.close();
    await bell.close();
    await upstream.close();
  });
  return {
    ...{ edges: all, upstream, store },
    events: (type) => all.flatMap((edge) => edge.events().filter((event) => event.type === type)),
    async say(edge, id, text, headers = {}) {
      const {
        statusCode,
        headers: got,
        body,
      } = await request(`${all[edge]?.url}${chat.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': id, ...headers },
        body: chat.request([{ role: 'user', text }]),
      });
      return {
        status: statusCode,
        code: String(got['x-elida-code'] ?? ''),
        retryAfter: String(got['retry-after'] ?? ''),
        text: await body.text(),
      };
    },
  };
}

/** 10 points a finding of a user's. */
const bad = rule('bad', 'flag', 'very bad', { severity: 'critical' });
const ladder = (thresholds: unknown, more: Record<string, unknown> = {}) => ({
  rules: [bad],
  risk_ladder: { half_life: 0, thresholds, ...more },
});
const FULL = [
  { score: 5, action: 'warn' },
  { score: 15, action: 'throttle', rate: 2 },
  { score: 35, action: 'block' },
  { score: 50, action: 'terminate' },
];

/** The same installation and caller have the same session id everywhere. */
async function sidOf(id: string, headers: Record<string, string>): Promise<string> {
  const upstream = await startUpstream();
  const edge = await startTestEdge({ snapshot: { backends: [backend(upstream.url)] } });
  const answer = await request(`${edge.url}${chat.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': id, ...headers },
    body: chat.request([{ role: 'user', text: 'hello' }]),
  });
  await answer.body.dump();
  await edge.close();
  await upstream.close();
  return String(answer.headers['x-elida-session-id']);
}

function promises(make: MakeStore): void {
  test('each rung in its turn: warned, throttled, blocked by the request that reaches it', async () => {
    const { say, events, upstream } = await setUp(make, ladder(FULL));
    expect((await say(0, 's', 'very bad 1')).status).toBe(200);
    // The rung `throttle` is met by the requests after the one that reached it.
    expect((await say(0, 's', 'very bad 2')).status).toBe(200);
    expect((await say(0, 's', 'very bad 3')).status).toBe(200);
    const throttled = await say(0, 's', 'fine');
    expect(throttled).toMatchObject({ status: 429, code: 'throttled' });
    expect(Number(throttled.retryAfter)).toBeGreaterThan(0);
    expect(Number(throttled.retryAfter)).toBeLessThanOrEqual(30);
    expect(upstream.requests).toHaveLength(3);
    await expect.poll(() => events('policy_action').length, { timeout: 3_000 }).toBe(3);
    const steps = events('policy_action').map(({ data }) => data as { action: string; arithmetic: { after: number } });
    expect(steps.map(({ action, arithmetic: { after } }) => [action, after])).toEqual([
      ['warn', 10],
      ['throttle', 20],
      ['throttle', 30],
    ]);
    expect(steps[2]?.arithmetic).toMatchObject({
      ...{ before: 20, decayed: 20, half_life_ms: 0, threshold: 15, previous_action: 'throttle', enforced: true },
      added: [{ rule: 'bad', severity: 'critical', severity_weight: 10, role: 'user', role_weight: 1, points: 10 }],
    });
  });

  test('a finding adds once, however often it is sent again, by whichever edge', async () => {
    const { edges, store, events } = await setUp(make, ladder(FULL), 2);
    const said: Said[] = [{ role: 'user', text: 'very bad' }];
    for (let turn = 0; turn < 6; turn++) {
      const { statusCode, body } = await request(`${edges[turn % 2]?.url}${chat.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': 's' },
        body: chat.request(said),
      });
      await body.dump();
      expect(statusCode).toBe(200);
      said.push({ role: 'assistant', text: 'no' }, { role: 'user', text: `and ${turn}?` });
    }
    const { sessions } = await store.list({}, 10, '');
    expect(sessions).toMatchObject([{ violations: 1, risk: { score: 10 } }]);
    await expect.poll(() => events('violation_detected').length, { timeout: 3_000 }).toBe(1);
  });

  test('said again by the user it is another finding', async () => {
    const { edges, store } = await setUp(make, ladder([{ score: 90, action: 'block' }]));
    const said: Said[] = [{ role: 'user', text: 'very bad' }];
    for (let turn = 0; turn < 3; turn++) {
      await request(`${edges[0]?.url}${chat.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': 's' },
        body: chat.request(said),
      }).then(({ body }) => body.dump());
      said.push({ role: 'user', text: 'very bad' });
    }
    expect((await store.list({}, 10, '')).sessions).toMatchObject([{ violations: 3, risk: { score: 30 } }]);
  });

  test('the rung block: refused before it goes out, with when it has decayed, and let in again when it has', async () => {
    const thresholds = [{ score: 15, action: 'block' }];
    const { say, upstream } = await setUp(make, ladder(thresholds, { half_life: '1s' }));
    await say(0, 's', 'very bad 1');
    const crossing = await say(0, 's', 'very bad 2');
    expect(crossing).toMatchObject({ status: 403, code: 'risk_blocked' });
    expect(crossing.text).toMatch(/falls below 15 in \d+ s/);
    expect((await say(0, 's', 'fine')).code).toBe('risk_blocked');
    expect(upstream.requests).toHaveLength(1);
    // 20 points fall below 15 in 0.42 s.
    await expect.poll(async () => (await say(0, 's', 'fine')).status, { timeout: 3_000, interval: 50 }).toBe(200);
  });

  test('a fresh session id sheds nothing, another principal has nothing to shed', async () => {
    const { say } = await setUp(make, ladder([{ score: 15, action: 'block' }]), 2);
    const mine = { authorization: 'Bearer sk-mine' };
    await say(0, 's1', 'very bad 1', mine);
    expect((await say(0, 's1', 'very bad 2', mine)).code).toBe('risk_blocked');
    expect((await say(1, 's2', 'fine', mine)).code).toBe('risk_blocked');
    expect((await say(1, 's1', 'fine', { authorization: 'Bearer sk-other' })).status).toBe(200);
  });

  test('who was held before the first request takes the principal’s score when it is resumed, and its one token', async () => {
    const thresholds = [
      { score: 5, action: 'throttle', rate: 1 },
      { score: 15, action: 'block' },
    ];
    const { say, edges, store } = await setUp(make, ladder(thresholds));
    const [edge] = edges as [TestEdge];
    // Where nothing decays a principal's new session begins with what it had: two principals, so that each has its own.
    for (const [name, findings] of [
      ['throttled', 1],
      ['blocked', 2],
    ] as const) {
      const mine = { authorization: `Bearer sk-${name}` };
      const sid = await sidOf('fresh', mine);
      for (let turn = 0; turn < findings; turn++) await say(0, 'first', `very bad ${turn}`, mine);
      const scope = { scope: 'session' as const, id: sid, members: [] };
      await edge.order({ kind: 'hold', selector: scope });
      const entries = async () => Number(/elida_edge_store_seconds_count (\d+)/.exec(await edge.metrics.text())?.[1]);
      const before = await entries();
      const waiting = say(0, 'fresh', 'fine', mine);
      await expect.poll(entries).toBe(before + 1);
      await edge.order({ kind: 'resume', selector: scope });
      const first = await waiting;
      expect(first.code).toBe(name === 'blocked' ? 'risk_blocked' : '');
      expect((await store.get(sid))?.risk.score).toBe(findings * 10);
      expect((await say(0, 'fresh', 'fine', mine)).code).toBe(name === 'blocked' ? 'risk_blocked' : 'throttled');
    }
  });

  test('terminate: this request is refused, the session for good, and what streams on another edge is cut', async () => {
    const { say, edges, upstream, store } = await setUp(make, ladder([{ score: 15, action: 'terminate' }]), 2);
    upstream.script = ({ socket, body }) => {
      if (!body.includes('"stream":true')) return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      socket.write(SSE_HEAD);
      socket.write(chunk(`${chat.stream('hello').split('\n\n')[0]}\n\n`));
    };
    const stream = await request(`${edges[1]?.url}${chat.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-id': 's' },
      body: chat.request([{ role: 'user', text: 'go on' }], { stream: true }),
    });
    const ended = stream.body.text();
    expect((await say(0, 's', 'very bad 1')).status).toBe(200);
    const last = await say(0, 's', 'very bad 2');
    expect(last).toMatchObject({ status: 403, code: 'session_terminated' });
    expect(last.text).toContain('risk score is 20');
    expect(await ended).toContain('session_terminated');
    expect((await say(1, 's', 'fine')).code).toBe('session_terminated');
    expect((await store.list({}, 10, '')).sessions).toMatchObject([{ state: 'terminated', actor: 'ladder' }]);
  });

  test('what a reply says climbs as well: the stream that reaches the rung is cut itself, and its neighbour', async () => {
    const { edges, upstream, store } = await setUp(make, ladder([{ score: 4, action: 'terminate' }]), 2);
    const go: (() => void)[] = [];
    upstream.script = ({ socket, body }) => {
      socket.write(SSE_HEAD);
      const [first] = chat.stream('hello ').split('\n\n');
      socket.write(chunk(`${first}\n\n`));
      // Two findings of the assistant's are 2 points each.
      if (body.includes('tell'))
        go.push(() => void socket.write(chunk(`${chat.stream('very bad, indeed').split('\n\n')[0]}\n\n`)));
    };
    const open = async (edge: number, text: string) => {
      const { body } = await request(`${edges[edge]?.url}${chat.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': 's' },
        body: chat.request([{ role: 'user', text }], { stream: true }),
      });
      return body.text();
    };
    const streams = [open(0, 'tell 1'), open(0, 'tell 2'), open(1, 'wait')];
    await expect.poll(() => upstream.requests.length).toBe(3);
    for (const one of go) one();
    // The same words of the model are one finding.
    await expect.poll(async () => (await store.list({}, 1, '')).sessions[0]?.violations).toBe(1);
    const { body } = await request(`${edges[1]?.url}${chat.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-id': 's' },
      body: chat.request([{ role: 'user', text: 'so very bad' }]),
    });
    expect(await body.text()).toContain('session_terminated');
    for (const text of await Promise.all(streams)) expect(text).toContain('session_terminated');
  });

  test('in audit mode it climbs and does nothing', async () => {
    const { say, events, store } = await setUp(make, { mode: 'audit', ...ladder(FULL) });
    for (let turn = 0; turn < 7; turn++) expect((await say(0, 's', `very bad ${turn}`)).status).toBe(200);
    await expect.poll(() => events('policy_action').length, { timeout: 3_000 }).toBe(7);
    expect(events('policy_action').at(-1)?.data).toMatchObject({ action: 'none', would: 'terminate', enforced: false });
    expect((await store.list({}, 10, '')).sessions).toMatchObject([{ state: 'active', risk: { score: 70 } }]);
  });

  test('what a rule only observes adds nothing; a ladder that is off neither', async () => {
    const observed = { rules: [{ ...bad, observe: true }], risk_ladder: { half_life: 0, thresholds: FULL } };
    for (const document of [observed, ladder(FULL, { enabled: false })]) {
      const { say, store } = await setUp(make, document);
      for (let turn = 0; turn < 7; turn++) expect((await say(0, 's', `very bad ${turn}`)).status).toBe(200);
      expect((await store.list({}, 10, '')).sessions).toMatchObject([{ violations: 7, risk: { score: 0 } }]);
    }
  });

  test('three edges at once: each finding counts once, and the score is the sum', async () => {
    const { say, events, store } = await setUp(make, { mode: 'audit', ...ladder(FULL) }, 3);
    const texts = Array.from({ length: 20 }, (_, index) => `very bad ${index}`);
    const all = texts.flatMap((text) => [0, 1, 2].map((edge) => say(edge, 's', text)));
    for (const { status } of await Promise.all(all)) expect(status).toBe(200);
    expect((await store.list({}, 1, '')).sessions).toMatchObject([{ violations: 20, risk: { score: 200 } }]);
    await expect.poll(() => events('violation_detected').length, { timeout: 3_000 }).toBe(20);
    await expect.poll(() => events('policy_action').length, { timeout: 3_000 }).toBe(20);
    // The steps of all edges are one staircase: each begins where another ended.
    const steps = events('policy_action').map(({ data }) => data.arithmetic as { before: number; after: number });
    const sorted = steps.toSorted((a, b) => a.before - b.before);
    expect(sorted.map(({ before }) => before)).toEqual(texts.map((_, index) => Math.min(100, index * 10)));
  });

  test('throttle is n a minute over all edges', async () => {
    const thresholds = [{ score: 10, action: 'throttle', rate: 120 }];
    const { say } = await setUp(make, ladder(thresholds), 2);
    await say(0, 's', 'very bad');
    const started = performance.now();
    let served = 0;
    while (performance.now() - started < 2_000) {
      const answers = await Promise.all([say(0, 's', 'fine'), say(1, 's', 'fine')]);
      served += answers.filter(({ status }) => status === 200).length;
    }
    const elapsedS = (performance.now() - started) / 1_000;
    // Two a second, and the first one at once.
    expect(served).toBeGreaterThanOrEqual(3);
    expect(served).toBeLessThanOrEqual(Math.ceil(elapsedS * 2) + 1);
  });
}

describe('the ladder over the memory store', () => {
  promises(async () => {
    const store = createMemorySessionStore({ now: () => Date.now() });
    await store.markReady();
    return store;
  });
});

await describeWith('the ladder over Redis', { redis: () => startRedis() }, (backends) => {
  promises(async () => {
    const admin = new Redis(backends.redis.url);
    await admin.flushall();
    admin.disconnect();
    const store = createRedisSessionStore({ redis: backends.redis.url, log: silentLog });
    onTestFinished(() => store.close());
    await expect.poll(() => store.markReady().then(() => store.isReady())).toBe(true);
    return store;
  });
});
