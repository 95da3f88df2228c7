/** The risk ladder over three edges under load: real processes, Redis, NATS and PostgreSQL; 64 callers at once. */
import { DEFAULT_LADDER, type PolicyDocument, rungOf, type Threshold } from '@elida/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crowd, EDGES, type LadderRig, startLadderRig } from '../harness/ladder-rig.ts';
import {
  findingsOf,
  type Line,
  line,
  pointsIn,
  RULES,
  type Step,
  scoreOf,
  script,
  staircase,
} from '../harness/ladder-script.ts';
import { until } from '../harness/rig.ts';
import { WIRES } from '../harness/wires.ts';

const CALLERS = 64;
const HALF_LIFE_MS = 10_000;
const BLOCK_HALF_LIFE_MS = 8_000;
const THROTTLE_PER_MINUTE = 120;

/** Low, so that the load climbs all of them. */
const FULL: readonly Threshold[] = [
  { score: 3, action: 'warn' },
  { score: 6, action: 'throttle', rate: 10 },
  { score: 12, action: 'block' },
  { score: 20, action: 'terminate' },
];
const ladder = (half_life: number | string, thresholds: readonly Threshold[]): PolicyDocument => ({
  rules: RULES,
  risk_ladder: { half_life, thresholds: [...thresholds] },
});
const WARN: readonly Threshold[] = [{ score: 5, action: 'warn' }];
const POLICIES = {
  exact: ladder(0, WARN),
  audit: { ...ladder(0, FULL), mode: 'audit' as const },
  decays: ladder(`${HALF_LIFE_MS / 1_000}s`, WARN),
  throttled: ladder(0, [{ score: 10, action: 'throttle', rate: THROTTLE_PER_MINUTE }]),
  blocked: ladder(`${BLOCK_HALF_LIFE_MS / 1_000}s`, [{ score: 15, action: 'block' }]),
  ended: ladder(0, [{ score: 25, action: 'terminate' }]),
};

/** A principal's sessions, what was said in each, and its id once it has begun. */
interface Told {
  readonly who: string;
  readonly name: string;
  readonly lines: readonly Line[];
  sid: string;
}
const told = (who: string, sessions: number, seed: number): Told[] =>
  Array.from({ length: sessions }, (_, n) => ({ who, name: `s${n}`, lines: script(seed * 10 + n, 8), sid: '' }));
// The same words under a policy that enforces and under one that audits.
const SESSIONS: readonly Told[] = [
  ...[1, 2, 3].flatMap((seed) => [...told(`exact-${seed}`, 3, seed), ...told(`audit-${seed}`, 3, seed)]),
  ...told('decays-1', 1, 1),
  ...told('decays-2', 1, 2),
  // More, all together, than a score can be.
  ...told('exact-4', 8, 4),
];
const PRINCIPALS = [...new Set(SESSIONS.map(({ who }) => who))];
const isOf = (policy: string) => (one: Told) => one.who.startsWith(policy);
const pointsOfPrincipal = (principal: string): number =>
  SESSIONS.filter(({ who }) => who === principal).reduce((sum, { lines }) => sum + pointsIn(lines), 0);

let rig: LadderRig;
const red = (serial: number): Line[] => [line('user', ['red'], serial)];

beforeAll(async () => {
  rig = await startLadderRig(POLICIES, [...PRINCIPALS, 'throttled-1', 'blocked-1', 'ended-1', 'ended-2']);
}, 180_000);
afterAll(() => rig?.stop());

/** Every session's turns through all three edges at once, each turn with all that was said before it, in 64 hands. */
async function load(): Promise<{ codes: Set<string>; most: number }> {
  const codes = new Set<string>();
  const turns = Math.max(...SESSIONS.map(({ lines }) => lines.length));
  const jobs = Array.from({ length: turns }, (_, turn) => turn + 1).flatMap((length) =>
    SESSIONS.filter(({ lines }) => length <= lines.length).flatMap(({ who, name, lines }) =>
      EDGES.map((edge) => async () => {
        const { status, code } = await rig.say(edge, who, name, lines.slice(0, length));
        codes.add(`${status} ${code}`);
      }),
    ),
  );
  return { codes, most: await crowd(jobs, CALLERS) };
}

/**
 * Where the store's answer to a finding was lost it is counted, but its step is not written down, and it is recorded anew when
 * the request comes again: of such a session the score is exact, the record is not.
 */
async function calm(policy: string): Promise<readonly Told[]> {
  const all = SESSIONS.filter(isOf(policy));
  const isCalm = await Promise.all(
    all.map(async ({ sid, lines }) => {
      const recorded = () => rig.events(sid, 'exchange');
      await until('all exchanges are recorded', async () => (await recorded()).length > lines.length * EDGES.length);
      const exchanges = await recorded();
      return !exchanges.some(({ data }) => data.code === 'store_unavailable' && Number(data.findings) > 0);
    }),
  );
  const sessions = all.filter((_, n) => isCalm[n]);
  expect(sessions.length).toBeGreaterThanOrEqual(all.length / 2);
  return sessions;
}

const stepsOf = async (sid: string): Promise<Step[]> =>
  (await rig.events(sid, 'policy_action')).map(({ data }) => data.arithmetic as Step);

/** Every number of a step follows from the others, and each step begins where another ended. */
function checkArithmetic(steps: readonly Step[], halfLifeMs: number): void {
  for (const { before, elapsed_ms, half_life_ms, decayed, added, after } of staircase(steps)) {
    expect(half_life_ms).toBe(halfLifeMs);
    expect(decayed).toBeCloseTo(halfLifeMs === 0 ? before : before * 2 ** (-elapsed_ms / halfLifeMs), 9);
    for (const one of added) expect(one.points).toBeCloseTo(one.severity_weight * one.role_weight, 12);
    expect(added.length).toBeGreaterThan(0);
    expect(after).toBeCloseTo(decayed + added.reduce((sum, { points }) => sum + points, 0), 9);
  }
}

describe('64 callers over three edges', () => {
  beforeAll(async () => {
    // All begin before anything is found, so that none of them inherits from another.
    for (const one of SESSIONS) one.sid = (await rig.say(0, one.who, one.name)).session;
    // Only the first second of a session may take what its principal got in it.
    const begun = Date.now();
    await until('no session begins any more', () => Date.now() - begun > 1_200);
    const { codes, most } = await load();
    expect(most).toBe(CALLERS);
    expect([...codes]).toEqual(['200 ']);
  }, 180_000);

  it.each(['exact', 'audit'])('%s: each session’s score is the model’s, each finding counted once', async (policy) => {
    for (const { sid, lines } of SESSIONS.filter(isOf(policy))) {
      const { risk, violations } = await rig.session(sid);
      const points = pointsIn(lines);
      expect(points).toBeGreaterThan(1);
      expect(points).toBeLessThan(100);
      expect(risk.score).toBeCloseTo(points, 3);
      expect(risk.enforced).toBe(policy === 'exact');
      expect(violations).toBe(findingsOf(lines).length);
    }
  });

  it.each(['exact', 'audit'])('%s: the record has each finding once, and steps that add up', async (policy) => {
    const enforced = policy === 'exact';
    for (const { sid, lines } of await calm(policy)) {
      const findings = findingsOf(lines);
      await until('all findings are recorded', async () => {
        return (await rig.events(sid, 'violation_detected')).length >= findings.length;
      });
      const found = (await rig.events(sid, 'violation_detected')).map(({ data }) => data);
      const said = (one: Record<string, unknown>): string => `${one.rule_name} ${one.source_role} ${one.points}`;
      expect(found.map(said).sort()).toEqual(
        findings.map(({ rule, role, points }) => said({ rule_name: rule, source_role: role, points })).sort(),
      );
      for (const { observe, enforced: isEnforced } of found) expect(isEnforced).toBe(enforced && observe === false);
      await until('all steps are recorded', async () => (await climbed(sid)) > pointsIn(lines) - 1e-6);
      const steps = await stepsOf(sid);
      checkArithmetic(steps, 0);
      expect(steps.every((step) => step.enforced === enforced)).toBe(true);
      expect(staircase(steps).at(-1)?.after).toBeCloseTo(pointsIn(lines), 9);
    }
  });

  /** What the recorded steps added. */
  const climbed = async (sid: string): Promise<number> =>
    (await stepsOf(sid)).flatMap(({ added }) => added).reduce((sum, { points }) => sum + points, 0);

  it('audit: what would have been done is written down, the rungs among it, and none of it was done', async () => {
    const actions = new Set<unknown>();
    for (const { sid } of SESSIONS.filter(isOf('audit'))) {
      for (const { data } of await rig.events(sid, 'policy_action')) {
        expect(data).toMatchObject({ source: 'ladder', action: 'none', enforced: false });
        const rung = rungOf({ ...DEFAULT_LADDER, thresholds: FULL }, (data.arithmetic as Step).after);
        expect(data.would).toBe(rung?.action ?? 'none');
        actions.add(data.would);
      }
      expect((await rig.session(sid)).state).toBe('active');
    }
    for (const { action } of FULL) expect(actions).toContain(action);
  });

  it('a score that decays is the model’s at the times of its findings', async () => {
    for (const { sid, lines } of await calm('decays')) {
      await until('all findings are recorded', async () => (await climbed(sid)) > pointsIn(lines) - 1e-6);
      const added = (await rig.events(sid, 'violation_detected')).map(({ occurred_at, data }) => ({
        at: Date.parse(occurred_at),
        points: Number(data.points),
      }));
      const asked = Date.now();
      const { score } = (await rig.session(sid)).risk;
      // An event has the time at which it was written down, under load up to half a second after the finding counted.
      expect(score).toBeLessThanOrEqual(scoreOf(added, asked, HALF_LIFE_MS) + 0.001);
      expect(score).toBeGreaterThanOrEqual(scoreOf(added, Date.now() + 500, HALF_LIFE_MS) - 0.001);
      checkArithmetic(await stepsOf(sid), HALF_LIFE_MS);
    }
  });

  it('a fresh session id begins where its principal stands, on every edge', async () => {
    expect(pointsOfPrincipal('exact-4')).toBeGreaterThan(100);
    for (const who of PRINCIPALS.filter((one) => !one.startsWith('decays'))) {
      for (const edge of EDGES) {
        const { session } = await rig.say(edge, who, `fresh-${edge}`);
        expect((await rig.session(session)).risk.score).toBeCloseTo(Math.min(100, pointsOfPrincipal(who)), 3);
      }
    }
  });
});

it('throttle lets n a minute through, over all edges together', async () => {
  const who = 'throttled-1';
  expect((await rig.say(0, who, 's', red(1))).status).toBe(200);
  const served = rig.provider.served();
  const counts: Record<string, number> = { '200': 0, '429': 0 };
  let slowestMs = 0;
  const begun = performance.now();
  const WINDOW_MS = 5_000;
  await Promise.all(
    Array.from({ length: 24 }, async (_, n) => {
      for (let at = begun; at - begun < WINDOW_MS; ) {
        const { status, code, retryAfterS, body } = await rig.say(n % 3, who, 's');
        slowestMs = Math.max(slowestMs, performance.now() - at);
        at = performance.now();
        counts[status] = (counts[status] ?? 0) + 1;
        if (status === 200) continue;
        expect([status, code, retryAfterS]).toEqual([429, 'throttled', 1]);
        expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringMatching(/throttled/) } });
      }
    }),
  );
  const elapsedMs = performance.now() - begun;
  const tokenMs = 60_000 / THROTTLE_PER_MINUTE;
  expect(Object.keys(counts)).toEqual(['200', '429']);
  expect(rig.provider.served() - served).toBe(counts['200']);
  // One token is there at first, and one comes every half second; it waits for as long as a try takes.
  expect(counts['200']).toBeLessThanOrEqual(1 + Math.floor(elapsedMs / tokenMs));
  expect(counts['200']).toBeGreaterThanOrEqual(Math.floor(WINDOW_MS / (tokenMs + slowestMs)));
  expect(counts['429']).toBeGreaterThan(100);
});

it('block refuses natively on every edge until the score has decayed, and then lets in again', async () => {
  const who = 'blocked-1';
  const { session } = await rig.say(0, who, 's', red(1));
  const begun = Date.now();
  expect((await rig.say(1, who, 's', red(2))).code).toBe('risk_blocked');
  const refused = await Promise.all(
    EDGES.flatMap((edge) =>
      WIRES.map(async (wire) => {
        const body = wire.request([{ role: 'user', text: 'hello' }]);
        return { wire, ...(await rig.post(edge, who, 's', wire.path, body)) };
      }),
    ),
  );
  for (const { wire, status, code, body } of refused) {
    expect([status, code]).toEqual([wire.refusal, 'risk_blocked']);
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringMatching(/risk score/) } });
    expect(JSON.parse(body).type).toBe(wire.name === 'anthropic-messages' ? 'error' : undefined);
  }
  await until('both steps are recorded', async () => (await stepsOf(session)).length === 2);
  const { after = 0 } = staircase(await stepsOf(session)).at(-1) ?? {};
  const closedMs = BLOCK_HALF_LIFE_MS * Math.log2(after / 15);
  expect(closedMs).toBeGreaterThan(2_000);
  await until('it is let in', async () => (await rig.say(2, who, 's')).status === 200);
  const waitedMs = Date.now() - begun;
  expect(waitedMs).toBeGreaterThanOrEqual(closedMs - 5);
  expect(waitedMs).toBeLessThan(closedMs + 2_000);
  expect(await Promise.all(EDGES.map(async (edge) => (await rig.say(edge, who, 's')).status))).toEqual([200, 200, 200]);
});

it('terminate cuts what runs on all edges, and no reconnect is let in, under this id or a fresh one', async () => {
  const who = 'ended-1';
  const others = await Promise.all(EDGES.map((edge) => rig.stream(edge, 'ended-2', 's')));
  const streams = await Promise.all(EDGES.map((edge) => rig.stream(edge, who, 's')));
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
  await until('all of them run', () => [...streams, ...others].every(({ bytes }) => bytes() > 500));
  const before = rig.provider.running.size;
  expect((await rig.say(0, who, 's', red(1))).status).toBe(200);
  expect((await rig.say(1, who, 's', red(2))).status).toBe(200);
  const begun = performance.now();
  const last = await rig.say(2, who, 's', red(3));
  expect([last.status, last.code]).toEqual([403, 'session_terminated']);
  for (const { at, broken, text } of await Promise.all(streams.map(({ ended }) => ended))) {
    expect(broken).toBe(false);
    expect(text).toContain('"error"');
    expect(at - begun).toBeLessThan(1_000);
  }
  await until('the provider’s legs are closed', () => rig.provider.running.size === before - streams.length);
  const served = rig.provider.served();
  const codes = new Set<string>();
  const tries = Array.from({ length: 200 }, (_, n) => async () => {
    codes.add((await rig.say(n % 3, who, 's')).code);
  });
  await crowd(tries, CALLERS);
  expect([...codes]).toEqual(['session_terminated']);
  const fresh = await Promise.all(EDGES.map(async (edge) => (await rig.say(edge, who, `fresh-${edge}`)).code));
  expect(fresh).toEqual(['risk_blocked', 'risk_blocked', 'risk_blocked']);
  expect(rig.provider.served()).toBe(served);
  expect((await rig.session(last.session)).state).toBe('terminated');
  // The same words of a name under another principal are another session.
  expect((await rig.say(0, 'ended-2', 's')).status).toBe(200);
  expect(others.every(({ bytes }) => bytes() > 0)).toBe(true);
});
