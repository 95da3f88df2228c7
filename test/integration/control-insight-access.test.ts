/** Who sees what sessions did, and what a page makes of texts that are markup. */
import { DEFAULT_LADDER } from '@elida/policy';
import { startPostgres } from '@elida/repo';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { describeInBrowser } from '../harness/browser.ts';
import { type Conduct, type Found, startConduct } from '../harness/conduct.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';

const A = sid('a');
const B = sid('b');
const NAME = 'client-e8eacf29-openai';
type Json = Record<string, unknown>;
const STEADY = { ...DEFAULT_LADDER, halfLifeMs: 0 };
const injection: Found = { rule: 'prompt_injection_ignore', severity: 'critical' };
const pii: Found = { rule: 'pii_detected', severity: 'warning' };

await describeWith('who sees what sessions did', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  let conduct: Conduct;
  beforeEach(async () => {
    const file = { policy: { enabled: true, risk_ladder: { enabled: true } } };
    control = await startTestControl({ postgresUrl: backends.postgres.url, file, localWithoutKey: true });
    conduct = await startConduct(control, backends.postgres.url, Date.now);
    await control.enter({ sid: A, displayName: NAME, policy: 'default@1' });
  });
  afterEach(async () => {
    await conduct.close();
    await control.close();
  });
  const keyOf = async (role: 'viewer' | 'analyst', tenant: string): Promise<string> =>
    (await control.client.call('createKey', { body: { name: role, roles: [role], tenant } })).key;

  it('a tenant sees nothing of another one', async () => {
    await conduct.find(A, STEADY, injection, pii);
    await conduct.use(A, { input: 100, output: 10 });
    await conduct.call(A, { tool: 'read_file', id: 'c1', exchange: 'exc_1' });
    await control.client.call('createOrder', { body: { kind: 'end', selector: { scope: 'session', id: A } } });
    control.pass(3_000);
    await until(async () => (await control.client.call('listHistory')).sessions.length === 1);
    await control.enter({ sid: B, displayName: NAME, policy: 'default@1' });
    await conduct.find(B, STEADY, pii);
    const other = await keyOf('analyst', 'other');
    const api = control.clientOf(other);
    const theirs = async (path: string): Promise<[number, Json]> => {
      const reply = await control.fetch(`/control${path}`, { headers: { authorization: `Bearer ${other}` } });
      return [reply.status, (await reply.json()) as Json];
    };
    expect((await api.call('listViolations')).violations).toEqual([]);
    expect((await api.call('listViolations', { query: { session: A } })).violations).toEqual([]);
    await expect(api.call('listViolations', { query: { tenant: 'default' } })).rejects.toMatchObject({ status: 403 });
    expect((await api.call('getUsage', { query: { by: 'session' } })).total.exchanges).toBe(0);
    await expect(api.call('getUsage', { query: { by: 'session', tenant: 'default' } })).rejects.toMatchObject({
      status: 403,
    });
    for (const id of [A, B, NAME]) {
      await expect(api.call('getSessionRisk', { params: { id } })).rejects.toMatchObject({ status: 404 });
      await expect(api.call('listToolCalls', { params: { id } })).rejects.toMatchObject({ status: 404 });
      for (const path of [`/flagged/${id}`, `/sessions/${id}/risk-curve`, `/sessions/${id}`, `/history/${id}`])
        expect((await theirs(path))[0]).toBe(404);
    }
    expect((await theirs('/flagged'))[1]).toMatchObject({ flagged: [], total_count: 0 });
    expect((await theirs('/flagged/stats'))[1]).toMatchObject({ total_flagged: 0, live_flagged: 0 });
    expect((await theirs('/history'))[1]).toMatchObject({ total_count: 0 });
  });

  it('a viewer sees that there is something, not what was said', async () => {
    await conduct.find(A, STEADY, injection);
    await conduct.call(A, { tool: 'read_file', id: 'c1', exchange: 'exc_1', arguments: '{"path":"/secret"}' });
    const headers = { authorization: `Bearer ${await keyOf('viewer', 'default')}` };
    const text = await (await control.fetch(`/control/sessions/${A}`, { headers })).text();
    expect(JSON.parse(text)).toMatchObject({
      tool_call_history: [{ tool_name: 'read_file' }],
      violations: [{ rule_name: 'prompt_injection_ignore' }],
    });
    expect(text).not.toMatch(/secret|ignore all/);
    for (const path of [
      '/control/flagged',
      `/control/flagged/${A}`,
      '/api/v1/violations',
      `/api/v1/sessions/${A}/tools`,
    ])
      expect((await control.fetch(path, { headers })).status).toBe(403);
    expect((await control.fetch(`/api/v1/sessions/${A}/risk`, { headers })).status).toBe(200);
  });

  it('texts that are markup come as JSON, never as a page', async () => {
    const evil = '<script>alert(1)</script>';
    await conduct.find(A, STEADY, { ...injection, rule: evil, change: { matched_text: evil } });
    for (const path of ['/control/flagged', `/control/flagged/${A}`, `/control/sessions/${A}`, '/api/v1/violations']) {
      const reply = await control.fetch(path);
      expect(await reply.text()).toContain(evil);
      expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  describeInBrowser('the status page in a browser', (browser) => {
    it('shows tokens, risk and violations', async () => {
      await conduct.use(A, { input: 152_345, output: 8_200 });
      await conduct.find(A, STEADY, injection, injection, pii, pii, pii);
      const page = await browser.domOf(control.url);
      expect(page).toContain('152.3k / 8.2k');
      expect(page).toMatch(/data-action="throttle">29\.0 throttle</);
      expect(page.match(/>prompt_injection_ignore</g)).toHaveLength(2);
      expect(page).toMatch(/data-severity="critical">critical</);
    });

    it('makes no markup of what callers, models and rules say', async () => {
      const evil = `"><img src=x onerror="document.title='OWNED'"><script>document.title='OWNED'</script>`;
      await control.enter({ sid: B, displayName: evil, agent: evil, principal: evil, tags: { evil }, policy: evil });
      await conduct.use(B, { input: 1 }, { model: evil, backend: evil, agent: evil });
      const change = { matched_text: evil, description: evil, action: evil, source_role: evil, place: evil };
      await conduct.find(B, STEADY, { ...injection, rule: evil, change });
      const page = await browser.domOf(control.url);
      expect(page).toContain('&lt;img src=x');
      expect(page).not.toMatch(/<img|OWNED<\/title>/);
      expect(page.match(/<script/g)).toHaveLength(1);
    });
  });
});
