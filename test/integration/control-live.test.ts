/** The live stream, the pages, and what the door does with bad input. */
import { connect } from 'node:net';
import type { LiveMessage } from '@elida/contracts/api';
import { startPostgres } from '@elida/repo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { OWNER_KEY, sid, startTestControl, type TestControl } from '../harness/control.ts';

const A = sid('a');

await describeWith('the door of the control plane', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  beforeAll(async () => {
    control = await startTestControl({ postgresUrl: backends.postgres.url });
    await control.enter({ sid: A });
  });
  afterAll(() => control.close());
  const order = (kind: 'kill' | 'resume') =>
    control.client.call('createOrder', { body: { kind, selector: { scope: 'session', id: A } } });

  describe('live', () => {
    it('shows an order, its event and the session as they happen, and goes on where the watcher left off', async () => {
      const stop = new AbortController();
      const seen: LiveMessage[] = [];
      for await (const message of watch(stop.signal, () => order('kill'))) {
        seen.push(message);
        if (new Set(seen.map(({ topic }) => topic)).size === 3) stop.abort();
      }
      expect(seen.find(({ topic }) => topic === 'orders')?.data).toMatchObject({ kind: 'kill', exchanges_cut: 2 });
      expect(seen.find(({ topic }) => topic === 'events')?.data).toMatchObject({ type: 'kill_requested', session: A });
      expect(seen.find(({ topic }) => topic === 'sessions')?.data).toMatchObject({ id: A, state: 'killed' });
      await order('resume');
      const missed = await firstMessage({ 'last-event-id': seen.at(-1)?.id ?? '' });
      expect(missed).toMatch(/event: (events|sessions|orders)\ndata: .*resume|active/);
      expect(await firstMessage({ 'last-event-id': 'ffffffff-1' })).toContain('event: reset');
    });

    it('shows what edges tell', async () => {
      const stop = new AbortController();
      const told = { eventId: 'e', tenant: 'default', producer: 'edge-1', seq: 1, occurredAt: Date.now() };
      const event = {
        ...told,
        type: 'exchange' as const,
        session: A,
        incarnation: 1,
        severity: '' as const,
        data: { code: 'ok' },
      };
      for await (const message of watch(stop.signal, async () => control.bell.live(event))) {
        if (message.topic === 'events') {
          expect(message.data).toMatchObject({ type: 'exchange', data: { code: 'ok' } });
          stop.abort();
        }
      }
      expect(stop.signal.aborted).toBe(true);
    });

    /** Acts once the stream is open: its first bytes say so. */
    async function* watch(signal: AbortSignal, act: () => Promise<unknown>): AsyncGenerator<LiveMessage> {
      const stream = control.client.live({}, signal);
      const first = stream.next();
      await opened();
      void act();
      for (let next = await first; !next.done; next = await stream.next()) yield next.value;
    }
    const opened = async (): Promise<void> => {
      // A later watcher is in: so is the earlier one.
      const reply = await control.fetch('/api/v1/live');
      await reply.body?.getReader().read();
      await reply.body?.cancel().catch(() => undefined);
    };
    async function firstMessage(headers: Record<string, string>): Promise<string> {
      const stop = new AbortController();
      const reply = await control.fetch('/api/v1/live', { headers, signal: stop.signal });
      let text = '';
      for await (const chunk of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        if (/^data: /m.test(text) && text.endsWith('\n\n')) break;
      }
      stop.abort();
      return text;
    }
  });

  describe('bad input', () => {
    const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
      control.fetch('/api/v1/orders', { method: 'POST', body, headers });
    const codeOf = async (reply: Response): Promise<[number, unknown]> => [
      reply.status,
      ((await reply.json()) as { code: unknown }).code,
    ];

    it.each([
      ['{', 400, 'bad_json'],
      ['{"__proto__": {"x": 1}}', 400, 'bad_json'],
      ['[]', 422, 'invalid'],
      ['{}', 422, 'invalid'],
      ['', 422, 'invalid'],
      ['{"kind":"kill","selector":{"scope":"session","id":"x"},"more":1}', 422, 'invalid'],
      ['{"kind":"erase","selector":{"scope":"all"}}', 422, 'invalid'],
      ['{"kind":"kill","selector":{"scope":"all","id":"x"}}', 422, 'invalid'],
      ['{"kind":"kill","selector":{"scope":"principal"}}', 422, 'invalid'],
    ])('%j → %i %s', async (body, status, code) => {
      const reply = await post(body);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
      expect(reply.headers.get('x-elida-request-id')).toMatch(/^req_/);
      expect(await codeOf(reply)).toEqual([status, code]);
      expect(control.orders.some(({ kind }) => kind === 'block')).toBe(false);
    });

    it('a body above the limit, of another type, a path or method that is not there', async () => {
      expect(await codeOf(await post(JSON.stringify({ reason: 'x'.repeat(1_048_577) })))).toEqual([
        413,
        'body_too_large',
      ]);
      expect(await codeOf(await post('a=b', { 'content-type': 'text/plain' }))).toEqual([400, 'bad_request']);
      expect(await codeOf(await control.fetch('/api/v1/nothing'))).toEqual([404, 'not_found']);
      expect(await codeOf(await control.fetch('/api/v1/sessions', { method: 'DELETE' }))).toEqual([404, 'not_found']);
      expect(await codeOf(await control.fetch('/api/v1/sessions/%ff'))).toEqual([400, 'bad_request']);
      expect(await codeOf(await control.fetch(`/api/v1/sessions/${'a'.repeat(600)}`))).toEqual([404, 'not_found']);
      expect(await codeOf(await control.fetch('/api/v1/sessions?limit=many'))).toEqual([422, 'invalid']);
      expect(await codeOf(await control.fetch('/api/v1/orders?cursor=x'))).toEqual([422, 'invalid']);
      expect(await codeOf(await control.fetch('/api/v1/sessions?cursor=x'))).toEqual([422, 'invalid']);
    });

    it('an error of ours shows nothing of itself', async () => {
      const broken = control.store.counts;
      Object.assign(control.store, { counts: () => Promise.reject(new Error('secret detail')) });
      const reply = await control.fetch('/api/v1/stats');
      Object.assign(control.store, { counts: broken });
      const body = await reply.text();
      expect([reply.status, body.includes('internal'), body.includes('secret')]).toEqual([500, true, false]);
    });

    it('half a request does not keep the others waiting', async () => {
      const { port } = new URL(control.url);
      const half = connect(Number(port), '127.0.0.1');
      half.write(
        `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OWNER_KEY}\r\ncontent-length: 9\r\n\r\n{`,
      );
      expect((await control.fetch('/healthz')).status).toBe(200);
      half.destroy();
    });
  });

  describe('pages', () => {
    it.each(['/', '/docs', '/console.js', '/docs/swagger-ui-bundle.js', '/api/v1/openapi.json'])(
      '%s is served to anybody, under a strict policy',
      async (path) => {
        const reply = await fetch(control.url + path);
        expect(reply.status).toBe(200);
        const policy = reply.headers.get('content-security-policy') ?? '';
        expect(policy).toContain("default-src 'none'");
        expect(policy).not.toMatch(/unsafe|\*|https?:/);
        const etag = reply.headers.get('etag') ?? '';
        expect((await fetch(control.url + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
      },
    );

    it('hold nothing inline that the policy would have to allow', async () => {
      for (const path of ['/', '/docs']) {
        const page = await (await fetch(control.url + path)).text();
        expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/i);
      }
    });
  });
});
