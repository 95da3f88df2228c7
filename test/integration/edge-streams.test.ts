/** Streams: at their own pace, in their own framing, ended natively whatever happens to either leg. */
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { edgeWith } from '../harness/edge-with.ts';
import { post } from '../harness/raw-http.ts';
import { chunk, reply, SSE_HEAD, type UpstreamRequest } from '../harness/upstream.ts';

const CHAT = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}';
const EVENT = 'data: {"choices":[{"delta":{"content":"é"}}]}\n\n';
const TIMEOUTS = { connectMs: 200, headersMs: 300, idleMs: 300, totalMs: 0 };

/** Of a chunked reply: the payload so far. */
function payload(received: string): string {
  const bytes = Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1');
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) break;
    out.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
  return Buffer.concat(out).toString();
}

/** One promise a request of the upstream. */
function arrivals() {
  const waiting: ((request: UpstreamRequest) => void)[] = [];
  const come: UpstreamRequest[] = [];
  return {
    script(request: UpstreamRequest): void {
      const first = waiting.shift();
      if (first) first(request);
      else come.push(request);
    },
    next: (): Promise<UpstreamRequest> => {
      const first = come.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

describe('an event stream', () => {
  test('each event arrives before the next is sent', async () => {
    const upstream = arrivals();
    const { call } = await edgeWith(upstream.script);
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    const { socket } = await upstream.next();
    socket.write(SSE_HEAD);
    await caller.until('text/event-stream');
    for (let turn = 0; turn < 20; turn++) {
      socket.write(chunk(`data: ${turn}\n\n`));
      await caller.until(`data: ${turn}\n\n`);
    }
    socket.write('0\r\n\r\n');
    await caller.until('\r\n0\r\n\r\n');
  });

  test('torn at every byte, the bytes that come out are the bytes that went in', async () => {
    const text = `: note\r\n\r\nevent: a\r\ndata: 1\r\n\r\n${EVENT}data: x\ndata: y\n\n\ndata: [DONE]\n\nrest`;
    const bytes = Buffer.from(text);
    const { call } = await edgeWith(async ({ socket }) => {
      socket.write(SSE_HEAD);
      for (const byte of bytes) {
        socket.write(chunk(Buffer.from([byte])));
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write('0\r\n\r\n');
    });
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    expect(payload(await caller.until('\r\n0\r\n\r\n'))).toBe(text);
  });

  test('a request that asks for a stream asks for plain text, any other for what the caller wants', async () => {
    const { upstream, call } = await edgeWith();
    for (const body of [CHAT, '{"stream":false}']) {
      const caller = await call();
      caller.write(post('/v1/chat/completions', body, 'accept-encoding: gzip\r\n'));
      await caller.until('\r\n\r\n{}');
    }
    expect(upstream.requests.map(({ header }) => header('accept-encoding'))).toEqual(['identity', 'gzip']);
  });
});

describe('the caller goes away', () => {
  test.each([
    ['before the provider has answered', ''],
    ['in mid-stream', SSE_HEAD + chunk(EVENT).toString('latin1')],
  ])('%s: the provider leg is closed at once', async (_name, begun) => {
    const upstream = arrivals();
    const { edge, call } = await edgeWith(upstream.script);
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    const request = await upstream.next();
    if (begun !== '') {
      request.socket.write(Buffer.from(begun, 'latin1'));
      await caller.until('data: ');
    }
    caller.close();
    await request.gone;
    await edge.edge.close();
    expect(edge.events().find(({ type }) => type === 'exchange')?.data.outcome).toBe('caller_gone');
  });
});

describe('the provider fails', () => {
  const outcome = (edge: { events(): readonly { type: string; data: Record<string, unknown> }[] }): unknown[] =>
    edge.events().flatMap(({ type, data }) => (type === 'exchange' ? [data.outcome, data.code] : []));

  test('nobody listens: 502 upstream_connect_failed', async () => {
    const { upstream, edge, call } = await edgeWith();
    await upstream.close();
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    const answer = await caller.until('upstream_connect_failed');
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).toContain('"error":{');
    await edge.edge.close();
    expect(outcome(edge)).toEqual(['failed', 'upstream_connect_failed']);
    upstream.close = () => Promise.resolve();
  });

  test('no connection is free in time: 504 upstream_connect_timeout, and the one that waited takes no place', async () => {
    const upstream = arrivals();
    const { edge, call } = await edgeWith(upstream.script, {
      backend: { timeouts: TIMEOUTS as never, connectionsMax: 1 },
    });
    const [first, late, last] = [await call(), await call(), await call()];
    first.write(post('/v1/chat/completions', CHAT));
    const running = await upstream.next();
    running.socket.write(SSE_HEAD);
    const beating = setInterval(() => running.socket.write(chunk(EVENT)), 50);
    late.write(post('/v1/chat/completions', CHAT));
    expect(await late.until('upstream_connect_timeout')).toMatch(/^HTTP\/1\.1 504 /);
    last.write(post('/v1/chat/completions', CHAT));
    clearInterval(beating);
    running.socket.write('0\r\n\r\n');
    (await upstream.next()).socket.write(reply('{}'));
    await last.until('\r\n\r\n{}');
    await edge.edge.close();
    expect(outcome(edge)).toContain('upstream_connect_timeout');
  });

  test('it hangs up before a byte: 502 upstream_failed', async () => {
    const { call } = await edgeWith(({ socket }) => void socket.destroy());
    const caller = await call();
    caller.write(post('/v1/messages', CHAT));
    const answer = await caller.until('upstream_failed');
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).toContain('"type":"error"');
  });

  test('it answers what is no HTTP: 502 upstream_failed', async () => {
    const { call } = await edgeWith(({ socket }) => void socket.end('SSH-2.0-OpenSSH\r\n'));
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    expect(await caller.until('upstream_failed')).toMatch(/^HTTP\/1\.1 502 /);
  });

  test('it never answers: 504 upstream_headers_timeout', async () => {
    const { call } = await edgeWith(() => {}, { backend: { timeouts: TIMEOUTS as never } });
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    expect(await caller.until('upstream_headers_timeout')).toMatch(/^HTTP\/1\.1 504 /);
  });

  test('it stops sending in mid-stream: the stream ends natively with upstream_idle_timeout', async () => {
    const { edge, call } = await edgeWith(
      ({ socket }) => void socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk(EVENT), chunk('data: half')])),
      { backend: { timeouts: TIMEOUTS as never } },
    );
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    const got = payload(await caller.until('\r\n0\r\n\r\n'));
    expect(got.startsWith(`${EVENT}data: {"error":`)).toBe(true);
    expect(got).toContain('upstream_idle_timeout');
    await edge.edge.close();
    expect(outcome(edge)).toEqual(['failed', 'upstream_idle_timeout']);
  });

  test('an exchange that takes longer than it may ends with upstream_total_timeout, however busy it is', async () => {
    const { call } = await edgeWith(
      ({ socket }) => {
        socket.write(SSE_HEAD);
        const ticking = setInterval(() => socket.write(chunk(EVENT)), 30);
        socket.once('close', () => clearInterval(ticking));
      },
      { backend: { timeouts: { ...TIMEOUTS, totalMs: 400 } as never } },
    );
    const caller = await call();
    caller.write(post('/v1/chat/completions', CHAT));
    expect(payload(await caller.until('\r\n0\r\n\r\n'))).toContain('upstream_total_timeout');
  });

  test('a stream that breaks off ends natively behind its last whole event', async () => {
    const { call } = await edgeWith(({ socket }) => {
      socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk(EVENT), chunk('data: {"half')]), () => socket.destroy());
    });
    for (const [path, end] of [
      ['/v1/chat/completions', 'data: {"error":'],
      ['/v1/messages', 'event: error\n'],
      ['/v1/responses', 'event: response.failed\n'],
    ] as const) {
      const caller = await call();
      caller.write(post(path, CHAT));
      const got = payload(await caller.until('\r\n0\r\n\r\n'));
      expect(got.startsWith(EVENT + end)).toBe(true);
      expect(got).not.toContain('half');
    }
  });

  test('a JSON reply that breaks off is seen to be cut short', async () => {
    const { call } = await edgeWith(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":', () => socket.destroy());
    });
    const caller = await call();
    caller.write(post('/v1/chat/completions', '{}'));
    await caller.ended();
    expect(caller.received()).toMatch(/content-length: 100[\s\S]*\{"half":$/);
  });
});

describe('an order while it streams', () => {
  test.each([
    ['/v1/chat/completions', 'data: {"error":', 'session_killed'],
    ['/v1/messages', 'event: error\ndata: {"type":"error"', 'session_killed'],
    ['/v1/responses', 'event: response.failed\n', 'invalid_prompt'],
  ])(
    'kill of a session ends %s by its own error, closes the provider leg, and the re-send is refused',
    async (path, end, code) => {
      const upstream = arrivals();
      const { edge, call } = await edgeWith(upstream.script);
      const caller = await call();
      caller.write(post(path, CHAT, 'x-session-id: one\r\n'));
      const request = await upstream.next();
      request.socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk(EVENT), chunk('data: {"half')]));
      const got = await caller.until(EVENT.slice(0, 20));
      const sid = /x-elida-session-id: (ses_\w+)/.exec(got)?.[1] ?? '';
      await edge.order({ kind: 'kill', selector: { scope: 'session', id: sid, members: [] }, reason: 'went astray' });
      const all = payload(await caller.until('\r\n0\r\n\r\n'));
      expect(all.startsWith(EVENT + end)).toBe(true);
      expect(all).toContain(code);
      expect(all).toContain('went astray');
      await request.gone;

      const again = await call();
      again.write(post(path, CHAT.replace('true', 'false'), 'x-session-id: one\r\n'));
      const refused = await again.until('session_killed');
      expect(refused).toMatch(path === '/v1/responses' ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 403 /);
      expect(refused).toContain('x-should-retry: false');
      const other = await call();
      other.write(post(path, CHAT, 'x-session-id: two\r\n'));
      (await upstream.next()).socket.write(reply('{}'));
      await other.until('\r\n\r\n{}');
    },
  );

  test('kill before the provider has answered is an ordinary refusal', async () => {
    const upstream = arrivals();
    const { edge, call } = await edgeWith(upstream.script);
    const caller = await call();
    caller.write(post('/v1/messages', CHAT));
    const request = await upstream.next();
    await edge.order({ kind: 'kill', selector: { scope: 'all', id: '', members: [] } });
    expect(await caller.until('session_killed')).toMatch(/^HTTP\/1\.1 403 /);
    await request.gone;
  });

  test('an order is carried out once, however often it comes, and acknowledged with what was cut', async () => {
    const upstream = arrivals();
    const { edge, call } = await edgeWith(upstream.script);
    const acks: { exchangesCut: number }[] = [];
    edge.bell.onAck((ack) => acks.push(ack));
    const callers = [await call(), await call()];
    for (const caller of callers) {
      caller.write(post('/v1/messages', CHAT));
      (await upstream.next()).socket.write(SSE_HEAD);
      await caller.until('event-stream');
    }
    const order = { id: 'ord_1', kind: 'end' as const, selector: { scope: 'all' as const, id: '', members: [] } };
    await edge.order(order);
    await edge.order(order);
    for (const caller of callers) await caller.until('\r\n0\r\n\r\n');
    await edge.edge.close();
    expect(acks.map(({ exchangesCut }) => exchangesCut)).toEqual([2]);
    const applied = edge.events().filter(({ type }) => type === 'kill_applied');
    expect(applied.map(({ data }) => data.order)).toEqual(['ord_1']);
  });
});

/** What is held, and not what has not been collected yet. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

test('slow readers hold the provider back and not our memory', { timeout: 30_000 }, async () => {
  const READERS = 60;
  const BYTES = 32_000_000;
  const block = chunk(Buffer.alloc(65_536, 'x'));
  const { upstream, edge } = await edgeWith(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = (): void => {
      while (socket.bytesWritten < BYTES) if (!socket.write(block)) return;
      socket.off('drain', more).end('0\r\n\r\n');
    };
    socket.on('drain', more);
    more();
  });
  const before = process.memoryUsage().arrayBuffers;
  const sockets = Array.from({ length: READERS }, () => connect(edge.port, '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.pause().write('GET /big HTTP/1.1\r\nhost: e\r\n\r\n');
  const taken = (): number =>
    upstream.requests.reduce((sum, { socket }) => sum + socket.bytesWritten - socket.writableLength, 0);
  // Until nothing moves any more.
  for (let last = -1; last !== taken() || upstream.requests.length < READERS; ) {
    last = taken();
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  // What the kernel's buffers of two connections hold; a proxy that buffers would have taken it all.
  expect(taken() / READERS).toBeLessThan(16_000_000);
  const heldEach = (): number => {
    collectGarbage();
    return (process.memoryUsage().arrayBuffers - before) / READERS;
  };
  await expect.poll(heldEach, { timeout: 5_000 }).toBeLessThan(600_000);

  const [first] = sockets;
  let read = 0;
  first?.resume().on('data', (data: Buffer) => {
    read += data.length;
  });
  while (read < BYTES) await new Promise((resolve) => setImmediate(resolve));
});
