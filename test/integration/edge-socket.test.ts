/** WebSockets through the edge: both legs, byte for byte, and ended as the wire ends. */
import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { apiKey, backend, startTestEdge, type TestEdge } from '../harness/edge.ts';
import { socketBench } from '../harness/socket-bench.ts';

const REASON = 'stopped by the security team';

const echo = (leg: WebSocket): void => {
  leg.on('message', (data, isBinary) => leg.send(data, { binary: isBinary }));
  leg.on('ping', (data) => leg.pong(data));
};

/** What a refused handshake was answered with. */
async function refused(
  edge: TestEdge,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; headers: IncomingHttpHeaders }> {
  const client = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/responses`, { headers });
  client.on('error', () => {});
  const [, reply] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of reply) body += chunk;
  return { status: reply.statusCode ?? 0, body, headers: reply.headers };
}

const messages = (client: WebSocket): string[] => {
  const out: string[] = [];
  client.on('message', (data) => out.push(String(data)));
  return out;
};

test('messages, binary and text, pass unchanged and in order, in both directions', async () => {
  const { open } = await socketBench({ onLeg: echo });
  const client = await open();
  const got: [Buffer, boolean][] = [];
  client.on('message', (data, isBinary) => got.push([data as Buffer, isBinary]));
  const sent: [Buffer, boolean][] = [
    [Buffer.from('{"type":"response.create","é":"🙂"}'), false],
    [Buffer.from([0, 255, 1, 254]), true],
    [Buffer.alloc(0), true],
    [Buffer.alloc(300_000, 'x'), false],
  ];
  for (const [data, binary] of sent) client.send(data, { binary });
  await expect.poll(() => got.length).toBe(sent.length);
  expect(
    got.map(([data, binary]) => [
      data.equals(sent[got.findIndex(([other]) => other === data)]?.[0] ?? Buffer.from('?')),
      binary,
    ]),
  ).toEqual(sent.map(([, binary]) => [true, binary]));
});

test('subprotocol, path, query, base path and headers reach the provider; its choice and headers reach the caller', async () => {
  const { open, seen } = await socketBench({ onLeg: echo });
  const client = await open('/v1/realtime?model=gpt-realtime', {
    protocols: ['realtime', 'openai-insecure-api-key.sk-fake'],
    headers: { 'X-Custom': 'kept', 'x-elida-session-id': 'one', authorization: 'Bearer sk-own' },
  });
  expect(client.protocol).toBe('openai-insecure-api-key.sk-fake');
  const [leg] = seen;
  expect(leg?.url).toBe('/base/v1/realtime?model=gpt-realtime');
  expect(leg?.headers['sec-websocket-protocol']).toBe('realtime,openai-insecure-api-key.sk-fake');
  expect(leg?.rawHeaders).toContain('X-Custom');
  expect(leg?.headers.authorization).toBe('Bearer sk-own');
  expect(leg?.headers['x-elida-session-id']).toBeUndefined();
});

test('the reply names session and request, and keeps the headers of the provider', async () => {
  const { edge } = await socketBench({ onLeg: echo });
  const client = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/responses`);
  const [reply] = (await once(client, 'upgrade')) as [IncomingMessage];
  expect(reply.headers['x-elida-session-id']).toMatch(/^ses_/);
  expect(reply.headers['x-elida-request-id']).toMatch(/^exc_/);
  expect(reply.headers['x-request-id']).toBe('provider-1');
  client.terminate();
});

test('an injected key replaces the credentials of the caller', async () => {
  const { key, entry } = apiKey('agent');
  const { open, seen } = await socketBench({
    keys: { main: 'sk-injected' },
    backend: { keyRef: 'main' },
    snapshot: { credentials: [entry] },
  });
  await open('/v1/responses', { headers: { authorization: `Bearer ${key}` } });
  expect(seen[0]?.headers.authorization).toBe('Bearer sk-injected');
  expect(JSON.stringify(seen[0]?.headers)).not.toContain('elida_');
});

test('a key in a subprotocol counts as one in a header, and stays here where ELIDA brings its own', async () => {
  const { key, entry } = apiKey('agent');
  const { edge, open, seen } = await socketBench({
    keys: { main: 'sk-injected' },
    backend: { keyRef: 'main' },
    snapshot: { credentials: [entry] },
  });
  for (const shown of [key, 'sk-own']) {
    await open('/v1/realtime', { protocols: ['realtime', 'beta', `openai-insecure-api-key.${shown}`] });
  }
  expect(seen.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual(Array(2).fill('realtime,beta'));
  await expect(open('/v1/realtime', { protocols: ['x', 'openai-insecure-api-key.elida_a_bad'] })).rejects.toThrow(
    '401',
  );
  await edge.edge.close();
  const principals = edge.events().flatMap(({ type, data }) => (type === 'exchange' ? [data.principal] : []));
  expect(principals).toContain('user:agent');
});

test('a page of another origin opens no socket with the standing of this machine', async () => {
  const { open, seen } = await socketBench();
  await expect(open('/v1/responses', { headers: { origin: 'https://evil.example' } })).rejects.toThrow('403');
  expect(seen).toEqual([]);
  await open('/v1/responses', { headers: { origin: 'http://localhost:3000' } });
  expect(seen).toHaveLength(1);
});

test('paths of our own are not there for WebSockets', async () => {
  const { open, seen } = await socketBench();
  for (const path of ['/healthz', '/readyz?x', '/t/tok_1/v1/realtime']) await expect(open(path)).rejects.toThrow('404');
  expect(seen).toEqual([]);
});

test('pings and pongs go end to end', async () => {
  const { open, legs } = await socketBench({ onLeg: echo });
  const client = await open();
  client.ping('are you there');
  const [pong] = await once(client, 'pong');
  expect(String(pong)).toBe('are you there');
  const pinged = once(client, 'ping');
  legs[0]?.ping('and you');
  expect(String((await pinged)[0])).toBe('and you');
});

test.each([
  [1000, 'done'],
  [1001, ''],
  [4000, 'beta_api_shape_disabled'],
  [3999, 'a code of its own'],
])('close code %i of the provider reaches the caller', async (code, reason) => {
  const { open, legs } = await socketBench();
  const client = await open();
  await expect.poll(() => legs.length).toBe(1);
  const closed = once(client, 'close');
  legs[0]?.close(code, reason);
  const [gotCode, gotReason] = await closed;
  expect([gotCode, String(gotReason)]).toEqual([code, reason]);
});

test('close code and reason of the caller reach the provider', async () => {
  const { open, legs } = await socketBench();
  const client = await open();
  await expect.poll(() => legs.length).toBe(1);
  const closed = once(legs[0] as WebSocket, 'close');
  client.close(4001, 'enough');
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([4001, 'enough']);
});

test('a caller that vanishes closes the provider leg at once', async () => {
  const { open, legs, edge } = await socketBench();
  const client = await open();
  await expect.poll(() => legs.length).toBe(1);
  const closed = once(legs[0] as WebSocket, 'close');
  client.terminate();
  expect((await closed)[0]).toBe(1006);
  await expect.poll(() => edge.events().find(({ type }) => type === 'exchange')?.data.outcome).toBe('caller_gone');
});

test('a provider that vanishes ends the caller leg with 1011', async () => {
  const { open, legs } = await socketBench();
  const client = await open();
  await expect.poll(() => legs.length).toBe(1);
  const closed = once(client, 'close');
  legs[0]?.terminate();
  expect((await closed)[0]).toBe(1011);
});

test('a kill closes both legs; a Responses client gets its error frame with status 400 and the reason first', async () => {
  const { open, legs, edge } = await socketBench({ onLeg: echo });
  const client = await open('/v1/responses', { headers: { 'x-session-id': 'to-be-killed' } });
  const frames = messages(client);
  const closed = once(client, 'close');
  const legClosed = once(legs[0] as WebSocket, 'close');
  const { sessions } = await edge.store.list({}, 10, '');
  await edge.order({
    kind: 'kill',
    selector: { scope: 'session', id: sessions[0]?.sid ?? '', members: [] },
    reason: REASON,
  });
  const [code] = await closed;
  expect(code).toBe(1008);
  expect(JSON.parse(frames.at(-1) ?? '{}')).toMatchObject({
    type: 'error',
    status: 400,
    error: { code: 'session_killed' },
  });
  expect(frames.at(-1)).toContain(REASON);
  await legClosed;

  const again = await refused(edge, { 'x-session-id': 'to-be-killed' });
  expect(again.status).toBe(400);
  expect(again.body).toContain(REASON);
  expect(again.headers['x-elida-code']).toBe('session_killed');
  expect(legs).toHaveLength(1);
});

test('what the provider answers instead of a handshake is what the caller gets', async () => {
  const { edge } = await socketBench({
    refuse:
      'HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain\r\nx-why: no\r\ncontent-length: 11\r\nconnection: close\r\n\r\nuse polling',
  });
  const reply = await refused(edge);
  expect(reply).toMatchObject({ status: 426, body: 'use polling', headers: { 'x-why': 'no' } });
});

test('a provider that cannot be reached is a 502 in the words of the wire', async () => {
  const edge = await startTestEdge({ snapshot: { backends: [backend('http://127.0.0.1:1')] } });
  onTestFinished(() => edge.close());
  const reply = await refused(edge);
  expect(reply.status).toBe(502);
  expect(JSON.parse(reply.body)).toMatchObject({ error: { code: 'upstream_connect_failed' } });
});

test('a handshake without credentials is refused before the provider is asked', async () => {
  const { edge, seen } = await socketBench({
    snapshot: { settings: { anonymousLoopback: false, providerKeyIdentity: true } },
  });
  const reply = await refused(edge);
  expect(reply.status).toBe(401);
  expect(seen).toHaveLength(0);
});

test.each([
  ['a short key', { 'sec-websocket-key': 'short' }],
  ['a subprotocol twice', { 'sec-websocket-protocol': 'a, a' }],
  ['a subprotocol that is no token', { 'sec-websocket-protocol': 'a b' }],
  ['an empty subprotocol', { 'sec-websocket-protocol': 'a,,b' }],
])('a malformed handshake is refused before the provider is asked: %s', async (_name, more) => {
  const { edge, seen } = await socketBench();
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...more,
  };
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    get(edge.url, { headers }, resolve).on('upgrade', reject).on('error', reject),
  );
  expect(reply.statusCode).toBe(400);
  expect(reply.headers['x-elida-code']).toBe('bad_request');
  expect(seen).toHaveLength(0);
});

test('a caller that does not read holds the provider back, within bounds', async () => {
  const frame = Buffer.alloc(65_536, 'y');
  const total = 400;
  let unsent = 0;
  const { open, legs } = await socketBench({
    onLeg: (leg) => {
      for (let n = 0; n < total; n++) leg.send(frame);
      unsent = leg.bufferedAmount;
    },
  });
  const client = await open();
  client.pause();
  let read = 0;
  client.on('message', () => {
    read++;
  });
  await expect.poll(() => legs[0]?.bufferedAmount ?? 0).toBeGreaterThan(0);
  expect(unsent).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  // 26 MB were offered: what lies in sockets and in the edge is a few.
  expect(legs[0]?.bufferedAmount ?? 0).toBeGreaterThan(10_000_000);
  client.resume();
  await expect.poll(() => read, { timeout: 10_000 }).toBe(total);
});
