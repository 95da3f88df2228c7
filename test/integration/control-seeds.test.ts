/** The seeds' face: every endpoint of /control that this version has, field by field. */
import { startPostgres } from '@elida/repo';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { sid, startTestControl, type TestControl, until } from '../harness/control.ts';

const A = sid('a');
const B = sid('b');
type Json = Record<string, unknown>;

await describeWith('/control', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  beforeEach(async () => {
    control = await startTestControl({ postgresUrl: backends.postgres.url });
    await control.enter({ sid: A, displayName: 'client-e8eacf29-openai', tags: { team: 'red' } });
    await control.store.settle([
      { sid: A, incarnation: 1, backend: 'openai', requests: 3, bytesIn: 40, bytesOut: 500 },
    ]);
  });
  afterEach(() => control.close());
  const call = async (path: string, method = 'GET'): Promise<{ status: number; body: Json }> => {
    const reply = await control.fetch(`/control${path}`, { method });
    return { status: reply.status, body: (await reply.json()) as Json };
  };
  const listed = (body: Json, key: string): Json[] => body[key] as Json[];

  it('health has the seeds’ fields and needs no key', async () => {
    const reply = await fetch(`${control.url}/control/health`);
    expect(await reply.json()).toMatchObject({
      status: 'ok',
      timestamp: expect.any(String),
      version: '0.0.0-test',
      capture_mode: 'flagged_only',
    });
  });

  it('stats count what lives', async () => {
    const { body } = await call('/stats');
    expect(body).toMatchObject({ total: 1, active: 1, completed: 0, killed: 0, timed_out: 0 });
    expect(body).toMatchObject({ total_requests: 3, total_bytes_in: 40, total_bytes_out: 500 });
  });

  it('a session has the seeds’ fields', async () => {
    const { body } = await call(`/sessions/${A}`);
    expect(body).toMatchObject({
      id: A,
      state: 'active',
      duration: expect.stringMatching(/^\d+s$/),
      idle_time: expect.stringMatching(/^\d+s$/),
      request_count: 3,
      bytes_in: 40,
      bytes_out: 500,
      backend: 'openai',
      backends_used: { openai: 3 },
      client_addr: '192.0.2.1',
      metadata: { team: 'red' },
      tool_calls: 0,
      tokens_in: 0,
      tokens_out: 0,
      terminated: false,
      message_count: 0,
    });
    for (const time of ['start_time', 'last_activity']) expect(body[time]).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    control.pass(3_723_000);
    expect((await call('/sessions')).body).toMatchObject({ total: 1 });
  });

  it('sessions are filtered by active and by any state', async () => {
    await control.enter({ sid: B });
    await call(`/sessions/${B}/kill`, 'POST');
    const ids = async (query: string): Promise<unknown[]> =>
      listed((await call(`/sessions${query}`)).body, 'sessions').map(({ id }) => id);
    expect((await ids('')).sort()).toEqual([A, B]);
    expect(await ids('?active=true')).toEqual([A]);
    expect(await ids('?state=killed')).toEqual([B]);
    expect(await ids('?state=timeout')).toEqual([]);
  });

  it('kill, resume and terminate answer in the seeds’ words, under the display name too', async () => {
    const name = 'client-e8eacf29-openai';
    expect((await call(`/sessions/${name}/kill`, 'POST')).body).toMatchObject({
      status: 'killed',
      session_id: A,
      exchanges_cut: 2,
    });
    expect((await call(`/sessions/${A}`)).body.state).toBe('killed');
    expect((await call(`/sessions/${A}/resume`, 'POST')).body).toMatchObject({ status: 'resumed', session_id: A });
    expect((await call(`/sessions/${A}`, 'DELETE')).body).toMatchObject({ status: 'killed', session_id: A });
    const terminated = await call(`/sessions/${A}/terminate`, 'POST');
    expect(terminated.body).toMatchObject({ status: 'terminated', session_id: A, message: expect.any(String) });
    expect((await call(`/sessions/${A}`)).body).toMatchObject({ state: 'terminated', terminated: true });
    expect(await call(`/sessions/${A}/resume`, 'POST')).toMatchObject({
      status: 403,
      body: { error: 'session_terminated' },
    });
  });

  it('errors are {error, message}', async () => {
    const missing = await call('/sessions/nobody');
    expect(missing).toEqual({ status: 404, body: { error: 'not_found', message: 'there is no session nobody' } });
    expect(await call('/events?limit=0')).toMatchObject({ status: 422, body: { error: 'invalid' } });
    const reply = await fetch(`${control.url}/control/sessions`);
    expect([reply.status, await reply.json()]).toMatchObject([
      401,
      { error: 'not_authenticated', message: expect.any(String) },
    ]);
  });

  it('a display name that fits two sessions is a conflict that names them', async () => {
    await control.enter({ sid: B, displayName: 'client-e8eacf29-openai' });
    const { status, body } = await call('/sessions/client-e8eacf29-openai/kill', 'POST');
    expect([status, body.error]).toEqual([409, 'ambiguous']);
    for (const id of [A, B]) expect(body.message).toContain(id);
  });

  it('events carry both spellings, an integer id, limit and offset', async () => {
    for (const verb of ['kill', 'resume', 'kill']) await call(`/sessions/${A}/${verb}`, 'POST');
    const { body } = await call('/events?session_id=client-e8eacf29-openai&limit=2');
    const [last, before] = listed(body, 'events');
    expect(body.count).toBe(2);
    expect(last).toMatchObject({
      type: 'kill_requested',
      event_type: 'kill_requested',
      session_id: A,
      severity: 'warning',
    });
    expect(Number.isInteger(last?.id)).toBe(true);
    for (const field of ['timestamp', 'created_at', 'data', 'event_id']) expect(last).toHaveProperty(field);
    const next = listed((await call(`/events?session_id=${A}&limit=2&offset=1`)).body, 'events');
    expect(next[0]?.id).toBe(before?.id);
    expect(listed((await call('/events?type=resume_requested')).body, 'events')).toHaveLength(1);
    expect(listed((await call('/events?severity=warning')).body, 'events')).toHaveLength(2);
    expect(listed((await call('/events?since=2099-01-01T00:00:00Z')).body, 'events')).toEqual([]);
    const own = await call(`/events/${A}`);
    expect(own.body).toMatchObject({ session_id: A, count: 3 });
    const { body: stats } = await call('/events/stats');
    expect(stats).toMatchObject({ unique_session_ids: 1, events_by_type: { kill_requested: 2, resume_requested: 1 } });
    expect(stats).toMatchObject({ events_by_severity: { warning: 2 } });
    expect(stats.total_events).toBe(4);
  });

  it('history keeps every incarnation', async () => {
    const end = () =>
      control.client.call('createOrder', { body: { kind: 'end', selector: { scope: 'session', id: A } } });
    await end();
    control.pass(3_000);
    const first = await until(async () => {
      const { body } = await call('/history');
      return body.total_count === 1 && body;
    });
    expect(first).toMatchObject({ count: 1, offset: 0, limit: 50 });
    expect(listed(first, 'sessions')[0]).toMatchObject({
      id: A,
      state: 'completed',
      duration_ms: expect.any(Number),
      request_count: 3,
      bytes_in: 40,
      bytes_out: 500,
      backend: 'openai',
      client_addr: '192.0.2.1',
      captured_content: [],
      violations: [],
    });
    await control.enter({ sid: A });
    await end();
    control.pass(3_000);
    await until(async () => (await call('/history')).body.total_count === 2);
    expect(listed((await call('/history?limit=1&offset=1')).body, 'sessions')[0]?.incarnation).toBe(1);
    expect((await call(`/history/${A}`)).body.incarnation).toBe(2);
    expect((await call('/history/client-e8eacf29-openai')).body.incarnation).toBe(1);
    expect((await call('/history?state=killed')).body.total_count).toBe(0);
    expect((await call('/history/stats')).body).toMatchObject({
      total_sessions: 2,
      total_requests: 3,
      sessions_by_state: { completed: 2 },
      sessions_by_backend: { openai: 2 },
      avg_request_count: 1.5,
    });
    const api = await control.client.call('listHistory', { query: { limit: 1 } });
    const rest = await control.client.call('listHistory', { query: { limit: 1, cursor: api.next_cursor } });
    expect([...api.sessions, ...rest.sessions].map(({ incarnation }) => incarnation)).toEqual([2, 1]);
    expect(rest.next_cursor).toBe('');
    expect((await control.client.call('getHistory', { params: { id: A } })).sessions).toHaveLength(2);
  });
});
