import { OPERATIONS } from '@elida/contracts/api';
import { describe, expect, it } from 'vitest';
import { createClient, pathOf } from './client.ts';

const answering = (reply: () => Response | Promise<Response>) => {
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    calls.push({ url: String(url), init });
    return reply();
  };
  return {
    calls,
    client: createClient({ url: 'http://control/', key: 'elida_a_b', fetch: fetch as typeof globalThis.fetch }),
  };
};
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

describe('the client', () => {
  it('puts parameters into the path, encoded, and leaves out what is not given', () => {
    expect(pathOf(OPERATIONS.getSession, { params: { id: '../a b' } })).toBe('/api/v1/sessions/..%2Fa%20b');
    expect(pathOf(OPERATIONS.listSessions, { query: { state: 'held', text: '', tenant: undefined } })).toBe(
      '/api/v1/sessions?state=held',
    );
  });

  it('sends key, body and headers of the call', async () => {
    const { calls, client } = answering(() => json({ order_id: 'ord_1' }));
    const body = { kind: 'kill', selector: { scope: 'all' } } as const;
    expect(await client.call('createOrder', { body }, { idempotencyKey: 'k' })).toEqual({ order_id: 'ord_1' });
    expect(calls[0]).toMatchObject({
      url: 'http://control/api/v1/orders',
      init: {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: 'Bearer elida_a_b', 'idempotency-key': 'k', 'content-type': 'application/json' },
      },
    });
  });

  it('a refusal is a typed error, whatever its body', async () => {
    const problem = { type: 'x', title: 't', status: 409, detail: 'd', code: 'conflict', request_id: 'r', errors: [] };
    await expect(answering(() => json(problem, 409)).client.call('whoami')).rejects.toMatchObject({
      code: 'conflict',
      problem,
    });
    const proxy = answering(() => new Response('<html>502</html>', { status: 502 }));
    await expect(proxy.client.call('whoami')).rejects.toMatchObject({ code: 'unknown', status: 502 });
  });

  it('nobody there is a typed error too', async () => {
    const { client } = answering(() => Promise.reject(new TypeError('fetch failed')));
    await expect(client.call('whoami')).rejects.toMatchObject({ code: 'unreachable', status: 0 });
  });

  it('the live stream goes on from the last message after a broken line, and ends at a refusal', async () => {
    const replies = [
      () => new Response('id: a-1\nevent: orders\ndata: {"n":1}\n\nid: a-2\nevent: orders\nda'),
      () => new Response('id: a-2\nevent: orders\ndata: {"n":2}\n\n'),
      () => json({ code: 'not_allowed' }, 403),
    ];
    const { calls, client } = answering(() => (replies.shift() as () => Response)());
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const { data } of client.live({}, new AbortController().signal)) seen.push(data);
    })();
    await expect(watching).rejects.toMatchObject({ code: 'not_allowed' });
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    expect(calls.map(({ init }) => (init.headers as Record<string, string>)['last-event-id'])).toEqual([
      undefined,
      'a-1',
      'a-2',
    ]);
  });
});
