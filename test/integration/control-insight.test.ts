/** What sessions used, called and did wrong, as both faces show it: through the store, the queue and the audit worker. */
import { DEFAULT_LADDER } from '@elida/policy';
import { toJsonb } from '@elida/postgres';
import { startPostgres } from '@elida/repo';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { type Conduct, type Found, startConduct } from '../harness/conduct.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';

const A = sid('a');
const B = sid('b');
const NAME = 'client-e8eacf29-openai';
type Json = Record<string, unknown>;
const HALF = 60_000;

/** As the seeds write it, but that a minute halves. */
const POLICY = {
  enabled: true,
  risk_ladder: {
    enabled: true,
    half_life: '1m',
    thresholds: [
      { score: 5, action: 'warn' },
      { score: 15, action: 'throttle', rate: 10 },
      { score: 30, action: 'block' },
      { score: 50, action: 'terminate' },
    ],
  },
};
const LADDER = { ...DEFAULT_LADDER, halfLifeMs: HALF };
const STEADY = { ...DEFAULT_LADDER, halfLifeMs: 0 };
const injection: Found = { rule: 'prompt_injection_ignore', severity: 'critical' };
const pii: Found = { rule: 'pii_detected', severity: 'warning' };
const SEEDS = [injection, injection, pii, pii, pii];

await describeWith('what sessions did', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  let conduct: Conduct;
  let skew = 0;
  const now = (): number => Date.now() + skew;
  const pass = (ms: number): void => {
    skew += ms;
    control.pass(ms);
  };
  beforeEach(async () => {
    skew = 0;
    control = await startTestControl({ postgresUrl: backends.postgres.url, file: { policy: POLICY } });
    conduct = await startConduct(control, backends.postgres.url, now);
    await control.enter({ sid: A, displayName: NAME, policy: 'default@1' });
  });
  afterEach(async () => {
    await conduct.close();
    await control.close();
  });
  const call = async (path: string): Promise<{ status: number; body: Json }> => {
    const reply = await control.fetch(`/control${path}`);
    return { status: reply.status, body: (await reply.json()) as Json };
  };
  const listed = (body: Json, key: string): Json[] => body[key] as Json[];
  const endA = async (): Promise<void> => {
    await control.client.call('createOrder', { body: { kind: 'end', selector: { scope: 'session', id: A } } });
    pass(3_000);
    await until(async () => (await control.client.call('listHistory')).sessions.some(({ id }) => id === A));
  };

  describe('the seeds’ example of a risk score', () => {
    it('two criticals and three warnings are 29, with the action of the ladder', async () => {
      await conduct.find(A, STEADY, ...SEEDS);
      const { body } = await call(`/flagged/${A}`);
      expect(body).toMatchObject({
        session_id: A,
        risk_score: 29,
        current_action: 'throttle',
        throttle_rate: 10,
        enforced: true,
        violation_counts: { prompt_injection_ignore: 2, pii_detected: 3 },
        max_severity: 'critical',
        captured_content: [],
        captures: [],
      });
      expect((await call(`/flagged/${NAME}`)).body.session_id).toBe(A);
      expect(listed(body, 'violations')).toHaveLength(5);
      expect(listed(body, 'violations')[0]).toMatchObject({
        rule_name: 'prompt_injection_ignore',
        severity: 'critical',
        effective_severity: 'critical',
        source_role: 'user',
        message_index: 2,
        match_start: 7,
        match_end: 32,
        matched_text: 'ignore all previous [REDACTED_EMAIL]',
        category: 'prompt_injection',
        framework_refs: { owasp_llm_2025: ['LLM01:2025'], owasp_llm_v1_1: ['LLM01'], mitre_atlas: ['AML.T0051'] },
      });
      await conduct.find(A, STEADY, pii);
      expect((await call(`/flagged/${A}`)).body).toMatchObject({ risk_score: 32, current_action: 'block' });
    });

    it('the score falls without anything happening, and a block ends', async () => {
      await conduct.find(A, LADDER, ...SEEDS, pii);
      const score = async () => (await call(`/flagged/${A}`)).body;
      expect(await score()).toMatchObject({ current_action: 'block' });
      pass(HALF);
      const later = await score();
      expect(later.risk_score).toBeCloseTo(16, 0);
      expect(later.current_action).toBe('throttle');
      pass(10 * HALF);
      expect(await score()).toMatchObject({ current_action: 'observe' });
      const { risk } = await control.client.call('getSession', { params: { id: A } });
      expect(risk).toMatchObject({ action: 'none', enforced: true, half_life_ms: HALF });
    });

    it('a session without violations is not flagged, and one that is not there neither', async () => {
      expect(await call(`/flagged/${A}`)).toMatchObject({ status: 404, body: { error: 'not_found' } });
      expect((await call(`/flagged/${B}`)).status).toBe(404);
      expect((await call('/flagged')).body).toMatchObject({ flagged: [], count: 0, total_count: 0 });
    });
  });

  it('the list of flagged sessions: the last flagged first, filtered, in pages; and its figures', async () => {
    await control.enter({ sid: B, policy: 'default@1' });
    await conduct.find(A, STEADY, ...SEEDS);
    await conduct.find(B, STEADY, pii, { ...pii, rule: 'credentials', change: { category: 'secrets' } });
    const ids = async (query: string): Promise<unknown[]> =>
      listed((await call(`/flagged${query}`)).body, 'flagged').map(({ session_id }) => session_id);
    expect(await ids('')).toEqual([B, A]);
    expect(await ids('?limit=1')).toEqual([B]);
    expect((await call('/flagged?limit=1&offset=1')).body).toMatchObject({ count: 1, total_count: 2, offset: 1 });
    expect(await ids('?limit=1&offset=1')).toEqual([A]);
    expect(await ids('?severity=critical')).toEqual([A]);
    expect(await ids('?severity=warning')).toEqual([B, A]);
    expect(await ids('?rule=credentials')).toEqual([B]);
    expect(await ids('?category=secrets')).toEqual([B]);
    expect(await ids('?since=2099-01-01T00:00:00Z')).toEqual([]);
    expect((await call('/flagged?severity=loud')).status).toBe(422);
    expect((await call('/flagged/stats')).body).toMatchObject({
      ...{ total_flagged: 2, critical: 1, warning: 1, info: 0, live_flagged: 2, risk_ladder: true },
      ...{ high_risk: 0, throttled: 1, blocked: 0, avg_risk_score: 17.5 },
    });
  });

  it('tokens and tools of a session, and who called what, as the seeds show them', async () => {
    await conduct.use(A, { input: 15_000, cachedInput: 9_000, output: 8_000, reasoningOutput: 500 });
    const calls = Array.from({ length: 12 }, (_, n) => ({
      ...{ tool: n < 3 ? 'execute_code' : 'read_file', id: `call_${n}`, exchange: `exc_${n}` },
      arguments: '{"path":"/tmp/x"}',
    }));
    await conduct.call(A, ...calls);
    const { body } = await call(`/sessions/${NAME}`);
    expect(body).toMatchObject({
      tokens_in: 15_000,
      tokens_out: 8_000,
      tool_calls: 12,
      tool_call_counts: { execute_code: 3, read_file: 9 },
      violations: [],
      risk_score: 0,
      current_action: 'observe',
    });
    const history = listed(body, 'tool_call_history');
    expect(history).toHaveLength(12);
    expect(history[0]).toMatchObject({ tool_name: 'execute_code', request_id: 'exc_0', tool_call_id: 'call_0' });
    expect(history[0]?.timestamp).toMatch(/^\d{4}-.*Z$/);
    expect(await control.client.call('getSession', { params: { id: A } })).toMatchObject({
      tokens: { input: 15_000, cached_input: 9_000, cache_write_input: 0, output: 8_000, reasoning_output: 500 },
      models: [{ backend: 'openai', model: 'gpt-5.5', requests: 1, tokens: { input: 15_000 } }],
      tools: { execute_code: 3, read_file: 9 },
      tool_calls: 12,
      violations: 0,
    });
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await control.client.call('listToolCalls', { params: { id: NAME }, query: { limit: 5, cursor } });
      seen.push(...page.tool_calls.map(({ tool_call_id }) => tool_call_id));
      cursor = page.next_cursor;
    } while (cursor !== '');
    expect(seen).toEqual(calls.map(({ id }) => id).reverse());
    const wrong = { params: { id: A }, query: { cursor: 'x' } };
    await expect(control.client.call('listToolCalls', wrong)).rejects.toMatchObject({ status: 422 });
  });

  it('the curve jumps, falls, and its contributions add up to the score; under both faces', async () => {
    // Not in the millisecond in which the session began.
    pass(10);
    await conduct.find(A, LADDER, injection, { ...pii, role: 'tool' });
    pass(HALF);
    await conduct.find(A, LADDER, injection);
    pass(HALF);
    const trail = await control.client.call('getSessionRisk', { params: { id: A } });
    expect(trail).toMatchObject({
      session: A,
      incarnation: 1,
      policy: 'default@1',
      half_life_ms: HALF,
      action: 'warn',
    });
    expect(trail.contributions.map(({ points }) => points)).toEqual([10, 2.4000000000000004, 10]);
    const remaining = trail.contributions.reduce((sum, one) => sum + one.remaining, 0);
    expect(remaining).toBeCloseTo(trail.score, 1);
    expect(trail.points.length).toBeGreaterThanOrEqual(50);
    expect(trail.points.at(-1)?.score).toBeCloseTo(trail.score, 1);
    expect(Math.max(...trail.points.map(({ score }) => score))).toBeCloseTo(16.2, 1);
    expect(trail.steps.map(({ arithmetic }) => arithmetic)).toMatchObject([
      { before: 0, action: 'warn', threshold: 5, previous_action: 'none' },
      { half_life_ms: HALF, action: 'throttle', threshold: 15, previous_action: 'warn' },
    ]);
    const { body } = await call(`/sessions/${NAME}/risk-curve`);
    expect(body).toMatchObject({ session_id: A, current_action: 'warn' });
    expect(listed(body, 'points')[0]).toMatchObject({ score: 0, action: 'observe', timestamp: expect.any(String) });
    expect(listed(body, 'contributions')).toHaveLength(3);
  });

  it('a principal’s new session shows what it inherited', async () => {
    await conduct.find(A, LADDER, injection, injection);
    const begun = await control.store.enter({
      ...{
        sid: B,
        tenant: 'default',
        principal: 'key:p1',
        agent: '',
        workflow: '',
        parent: '',
        tags: {},
        hintKind: '',
      },
      ...{ displayName: '', policy: 'default@1', backend: 'openai', clientAddr: '', edge: 'edge-1', idleMs: 1e6 },
      ...{ lifeMs: 1e7, watch: { halfLifeMs: HALF, throttle: [], counters: false, rates: [] } },
    });
    expect(begun.score).toBeCloseTo(20, 0);
    const before = await control.client.call('getSessionRisk', { params: { id: B } });
    expect(before.contributions).toMatchObject([{ rule_name: 'inherited', event_id: null }]);
    const flagged = (await call(`/flagged/${B}`)).body;
    expect(flagged).toMatchObject({
      current_action: 'throttle',
      violations: [],
      violation_counts: {},
      max_severity: '',
    });
    expect((await call('/flagged/stats')).body).toMatchObject({ total_flagged: 1, live_flagged: 1, throttled: 2 });
    await conduct.find(B, LADDER, injection);
    const trail = await control.client.call('getSessionRisk', { params: { id: B } });
    expect(trail.contributions.map(({ rule_name }) => rule_name)).toEqual(['inherited', 'prompt_injection_ignore']);
    expect(trail.contributions.reduce((sum, one) => sum + one.remaining, 0)).toBeCloseTo(trail.score, 1);
    expect(trail.action).toBe('throttle');
  });

  it('an ended session keeps all of it; the next incarnation starts anew', async () => {
    await conduct.use(A, { input: 100, output: 10 });
    await conduct.call(A, { tool: 'read_file', id: 'c1', exchange: 'exc_1' });
    await conduct.find(A, LADDER, ...SEEDS);
    await endA();
    pass(100 * HALF);
    const { body } = await call(`/history/${A}`);
    expect(body).toMatchObject({ tokens_in: 100, tokens_out: 10, tool_calls: 1, tool_call_counts: { read_file: 1 } });
    expect(body).toMatchObject({ violation_count: 5, current_action: 'throttle' });
    expect(listed(body, 'violations')).toHaveLength(5);
    expect(listed(listed((await call('/history')).body, 'sessions')[0] ?? {}, 'violations')).toHaveLength(5);
    expect((await call(`/flagged/${NAME}`)).body).toMatchObject({
      ...{ session_id: A, incarnation: 1, current_action: 'observe', state: 'completed' },
    });
    const ended = await control.client.call('getSessionRisk', { params: { id: A } });
    expect(ended).toMatchObject({ incarnation: 1, action: 'throttle' });
    await control.enter({ sid: A, displayName: NAME, policy: 'default@1' });
    expect((await call(`/sessions/${A}`)).body).toMatchObject({ incarnation: 2, tokens_in: 0, tool_call_history: [] });
    expect((await control.client.call('listToolCalls', { params: { id: A } })).tool_calls).toEqual([]);
    const first = { params: { id: A }, query: { incarnation: 1 } };
    expect((await control.client.call('listToolCalls', first)).tool_calls).toHaveLength(1);
    expect((await control.client.call('getSessionRisk', first)).contributions).toHaveLength(5);
    expect((await call(`/flagged/${A}`)).body.incarnation).toBe(1);
    await expect(
      control.client.call('getSessionRisk', { params: { id: A }, query: { incarnation: 9 } }),
    ).rejects.toMatchObject({ status: 404 });
  });

  it('records of an older version show zeros', async () => {
    await endA();
    const row = await control.db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
    const added = ['tokens', 'models', 'toolCounts', 'toolCalls', 'violations', 'risk', 'halfLifeMs'];
    const older = Object.fromEntries(Object.entries(row.record).filter(([name]) => !added.includes(name)));
    const record = toJsonb({ ...older, incarnation: 0 });
    const [bytes_in, bytes_out] = [Number(row.bytes_in), Number(row.bytes_out)];
    await control.db
      .insertInto('sessions')
      .values({ ...row, incarnation: 0, bytes_in, bytes_out, record })
      .execute();
    const { sessions } = await control.client.call('getHistory', { params: { id: A } });
    expect(sessions.at(-1)).toMatchObject({
      incarnation: 0,
      tokens: { input: 0 },
      models: [],
      tools: {},
      violations: 0,
      risk: { score: 0 },
    });
    expect(listed((await call('/history')).body, 'sessions')).toHaveLength(2);
  });

  it('violations over all sessions: filters and pages', async () => {
    await control.enter({ sid: B, policy: 'default@1' });
    await conduct.find(A, STEADY, ...SEEDS);
    pass(1_000);
    const between = new Date(now()).toISOString();
    pass(1_000);
    await conduct.find(B, STEADY, {
      rule: 'shell',
      severity: 'critical',
      role: 'assistant',
      change: { category: 'tools' },
    });
    const rules = async (query: object): Promise<string[]> =>
      (await control.client.call('listViolations', { query })).violations.map(({ rule_name }) => rule_name);
    expect(await rules({})).toHaveLength(6);
    expect(await rules({ rule: 'pii_detected' })).toHaveLength(3);
    // A critical of the assistant weighs 2: a warning.
    expect(await rules({ severity: 'critical' })).toHaveLength(2);
    expect(await rules({ severity: 'warning', session: B })).toEqual(['shell']);
    expect(await rules({ category: 'tools' })).toEqual(['shell']);
    expect(await rules({ since: between })).toEqual(['shell']);
    expect(await rules({ until: between, limit: 500 })).toHaveLength(5);
    const first = await control.client.call('listViolations', { query: { limit: 4 } });
    const rest = await control.client.call('listViolations', { query: { limit: 4, cursor: first.next_cursor } });
    expect([first, rest].map(({ violations }) => violations.length)).toEqual([4, 2]);
    expect(new Set([...first.violations, ...rest.violations].map(({ id }) => id)).size).toBe(6);
    expect(rest.next_cursor).toBe('');
  });

  it('usage by session, agent, principal, backend, model and tenant', async () => {
    await control.enter({ sid: B, tenant: 'other', principal: 'key:p2', agent: 'agent-2' });
    await conduct.use(A, { input: 100, cachedInput: 60, output: 10 });
    await conduct.use(A, { input: 50, output: 5, estimated: 55 }, { model: 'local', backend: 'ollama' });
    await conduct.use(B, { input: 1_000, output: 1 });
    const usage = (by: 'session', more = {}) => control.client.call('getUsage', { query: { by, ...more } });
    const keys = async (by: string) =>
      (await usage(by as 'session')).usage.map(({ key, exchanges, tokens }) => [key, exchanges, tokens.input]);
    expect(await keys('session')).toEqual([
      [B, 1, 1_000],
      [A, 2, 150],
    ]);
    expect(await keys('agent')).toEqual([
      ['agent-2', 1, 1_000],
      ['agent-1', 2, 150],
    ]);
    expect(await keys('principal')).toEqual([
      ['key:p2', 1, 1_000],
      ['key:p1', 2, 150],
    ]);
    expect(await keys('backend')).toEqual([
      ['openai', 2, 1_100],
      ['ollama', 1, 50],
    ]);
    expect(await keys('model')).toEqual([
      ['gpt-5.5', 2, 1_100],
      ['local', 1, 50],
    ]);
    expect(await keys('tenant')).toEqual([
      ['other', 1, 1_000],
      ['default', 2, 150],
    ]);
    const top = await usage('session', { limit: 1 });
    expect(top).toMatchObject({ groups: 2, usage: [{ key: B }], total: { exchanges: 3 } });
    expect(top.total.tokens).toEqual({
      ...{ input: 1_150, cached_input: 60, cache_write_input: 0, output: 16, reasoning_output: 0, estimated: 55 },
    });
    // What is billed beside a reply is tokens of its model, and no exchange more.
    await conduct.use(B, { input: 40 }, { model: 'advisor', aside: true });
    expect(await keys('model')).toContainEqual(['advisor', 0, 40]);
    expect((await usage('session')).total).toMatchObject({ exchanges: 3, tokens: { input: 1_190 } });
    const none = await usage('session', { since: '2099-01-01T00:00:00Z', until: '2099-01-02T00:00:00Z' });
    expect(none).toMatchObject({ groups: 0, usage: [], total: { exchanges: 0, tokens: { input: 0 } } });
    expect((await usage('session', { tenant: 'other' })).total.exchanges).toBe(1);
  });
});
