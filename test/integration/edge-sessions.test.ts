/** Sessions at the edge: blocks, holds, chains of replies, parents, a store that is gone, the drain, the snapshot. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@elida/kernel';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backend, startTestEdge, type TestEdge } from '../harness/edge.ts';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { post } from '../harness/raw-http.ts';
import { chunk, reply, SSE_HEAD, startUpstream } from '../harness/upstream.ts';

const CHAT = '{"model":"m","messages":[]}';
const STREAM = '{"model":"m","stream":true}';
const ALL = { scope: 'all' as const, id: '', members: [] };
const settings = (more: Record<string, unknown>) => ({ settings: more as never });

async function ask({ call }: Bench, headers = '', body = CHAT, path = '/v1/chat/completions'): Promise<string> {
  const caller = await call();
  caller.write(post(path, body, headers));
  return caller.until(/\r\n\r\n\{[\s\S]*\}$/);
}
const code = (answer: string): string => /x-elida-code: (\w+)/.exec(answer)?.[1] ?? '';
const sid = (answer: string): string => /x-elida-session-id: (\w+)/.exec(answer)?.[1] ?? '';

describe('wide blocks', () => {
  test('refuse new sessions of a principal at once, and lift to the second', async () => {
    const bench = await edgeWith();
    await ask(bench, 'authorization: Bearer sk-a\r\n');
    const [principal] = (await bench.edge.store.list({}, 10, '')).sessions.map((record) => record.principal);
    const untilAt = Date.now() + 900;
    await bench.edge.order({
      kind: 'block',
      selector: { scope: 'principal', id: principal ?? '', members: [] },
      untilAt,
    });
    expect(code(await ask(bench, 'authorization: Bearer sk-a\r\nx-session-id: new\r\n'))).toBe('blocked');
    expect(code(await ask(bench, 'authorization: Bearer sk-b\r\n'))).toBe('');
    while (Date.now() < untilAt - 50) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(code(await ask(bench, 'authorization: Bearer sk-a\r\n'))).toBe('blocked');
    while (Date.now() <= untilAt) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(code(await ask(bench, 'authorization: Bearer sk-a\r\n'))).toBe('');
    expect(bench.upstream.requests).toHaveLength(3);
  });

  test('a block that no bell told of is met by the next request, by the epoch in the store', async () => {
    const bench = await edgeWith();
    await ask(bench);
    await bench.edge.store.putBlock({
      ...{ id: 'b1', effect: 'refuse', tenant: '', selector: ALL, mode: 'permanent', untilAt: 0 },
      ...{ actor: 'x', reason: 'maintenance', at: 0 },
    });
    const answer = await ask(bench);
    expect(code(answer)).toBe('blocked');
    expect(answer).toContain('maintenance');
  });

  test('a killed tree takes sub-agents that are born later', async () => {
    const bench = await edgeWith();
    const root = sid(await ask(bench, 'session-id: s1\r\nthread-id: s1\r\n', CHAT, '/v1/responses'));
    await bench.edge.order({ kind: 'kill', selector: { scope: 'tree', id: root, members: [root] } });
    for (const thread of ['s1', 't1', 't2']) {
      const headers = `session-id: s1\r\nthread-id: ${thread}\r\nx-codex-parent-thread-id: t1\r\n`;
      expect(code(await ask(bench, headers, CHAT, '/v1/responses'))).toBe('blocked');
    }
    expect(code(await ask(bench, 'session-id: s2\r\n', CHAT, '/v1/responses'))).toBe('');
  });
});

describe('which session', () => {
  test('a chain of replies is one session, and nobody else can join it', async () => {
    const bench = await edgeWith(({ socket }) => void socket.write(reply('{"id":"resp_1","output":[]}')));
    const first = sid(await ask(bench, 'authorization: Bearer a\r\n', '{"model":"m","user":"u1"}', '/v1/responses'));
    await expect.poll(() => bench.edge.store.get(first).then((record) => record?.requests)).toBe(1);
    const next = '{"model":"m","previous_response_id":"resp_1"}';
    expect(sid(await ask(bench, 'authorization: Bearer a\r\n', next, '/v1/responses'))).toBe(first);
    expect(sid(await ask(bench, 'authorization: Bearer b\r\n', next, '/v1/responses'))).not.toBe(first);
  });

  test("a parent named by session id counts only where it is the caller's own", async () => {
    const bench = await edgeWith();
    const parent = sid(await ask(bench, 'authorization: Bearer a\r\nx-session-id: p\r\n'));
    const child = (key: string, name: string) =>
      ask(bench, `authorization: Bearer ${key}\r\nx-session-id: ${name}\r\nx-elida-parent-session: ${parent}\r\n`);
    const own = await bench.edge.store.get(sid(await child('a', 'c1')));
    const foreign = await bench.edge.store.get(sid(await child('b', 'c2')));
    expect([own?.parent, foreign?.parent]).toEqual([parent, '']);
  });

  test('a long stream is counted while it runs, and once', async () => {
    const bench = await edgeWith(({ socket }) => {
      socket.write(SSE_HEAD);
      socket.write(chunk('data: 1\n\n'));
    });
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', CHAT, 'x-session-id: long\r\n'));
    const id = sid(await caller.until('data: 1'));
    const counted = () => bench.edge.store.get(id).then((record) => [record?.requests, record?.bytesOut]);
    await expect.poll(counted, { timeout: 5_000 }).toEqual([1, 9]);
    const socket = bench.upstream.requests[0]?.socket;
    socket?.write(Buffer.concat([chunk('data: 2\n\n'), chunk('')]));
    await caller.until('data: 2');
    await expect.poll(counted, { timeout: 5_000 }).toEqual([1, 18]);
    const { bytesIn } = (await bench.edge.store.get(id)) ?? {};
    expect(bytesIn).toBe(CHAT.length);
  });

  test('counters, backends and the end reach the store and the record', async () => {
    const bench = await edgeWith(({ socket }) => void socket.write(reply('12345')));
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', CHAT, 'x-session-id: counted\r\nx-elida-tags: team:red\r\n'));
    const id = sid(await caller.until('12345'));
    await expect.poll(() => bench.edge.store.get(id).then((record) => record?.requests)).toBe(1);
    const record = await bench.edge.store.get(id);
    expect(record).toMatchObject({
      bytesIn: CHAT.length,
      bytesOut: 5,
      backendsUsed: { main: 1 },
      tags: { team: 'red' },
    });
    await bench.edge.edge.close();
    const events = bench.edge.events();
    expect(events.map(({ type }) => type)).toEqual(['session_started', 'exchange']);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(events[0]?.data).toMatchObject({
      display_name: 'counted',
      hint_kind: 'x-session-id',
      client_addr: '127.0.0.1',
    });
    expect(events[1]?.data).toMatchObject({ outcome: 'completed', status: 200, bytes_in: CHAT.length, bytes_out: 5 });
  });
});

describe('a held session', () => {
  const hold = async (bench: Bench): Promise<string> => {
    const id = sid(await ask(bench, 'x-session-id: h\r\n'));
    await bench.edge.order({ kind: 'hold', selector: { scope: 'session', id, members: [] } });
    return id;
  };
  const resume = (edge: TestEdge, id: string) =>
    edge.order({ kind: 'resume', selector: { scope: 'session', id, members: [] } });

  test('keeps a new request waiting in silence until it is resumed', async () => {
    const bench = await edgeWith();
    const id = await hold(bench);
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', CHAT, 'x-session-id: h\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(caller.received()).toBe('');
    await resume(bench.edge, id);
    expect(await caller.until('\r\n\r\n{}')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('sends a plain request away with 503 and retry-after when nobody resumes it', async () => {
    const bench = await edgeWith(undefined, { snapshot: settings({ holdWaitMs: 100 }) });
    await hold(bench);
    const answer = await ask(bench, 'x-session-id: h\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('retry-after: 5');
    expect(code(answer)).toBe('session_held');
  });

  test('commits a stream with comments, and it goes on when resumed, or ends natively when killed', async () => {
    const bench = await edgeWith(
      ({ socket, body }) =>
        void socket.write(
          body.includes('"stream"')
            ? Buffer.concat([Buffer.from(SSE_HEAD), chunk('data: real\n\n'), Buffer.from('0\r\n\r\n')])
            : reply('{}'),
        ),
      { snapshot: settings({ holdWaitMs: 100 }) },
    );
    const id = await hold(bench);
    const [resumed, killed] = [await bench.call(), await bench.call()];
    resumed.write(post('/v1/chat/completions', STREAM, 'x-session-id: h\r\n'));
    expect(await resumed.until(': keep-alive\n\n')).toContain('content-type: text/event-stream');
    await resume(bench.edge, id);
    expect(await resumed.until('\r\n0\r\n\r\n')).toContain('data: real\n\n');

    await bench.edge.order({ kind: 'hold', selector: { scope: 'session', id, members: [] } });
    killed.write(post('/v1/messages', STREAM, 'x-session-id: h\r\n'));
    await killed.until(': keep-alive\n\n');
    await bench.edge.order({ kind: 'kill', selector: { scope: 'session', id, members: [] } });
    expect(await killed.until('\r\n0\r\n\r\n')).toContain('event: error\n');
  });

  test('only so many may wait', async () => {
    const bench = await edgeWith(undefined, { snapshot: settings({ holdMax: 1 }) });
    await hold(bench);
    const waiting = await bench.call();
    waiting.write(post('/v1/chat/completions', CHAT, 'x-session-id: h\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(code(await ask(bench, 'x-session-id: h\r\n'))).toBe('session_held');
  });

  test('a caller that hangs up while it waits leaves its place and never reaches the provider', async () => {
    const bench = await edgeWith(undefined, { snapshot: settings({ holdMax: 1 }) });
    const id = await hold(bench);
    const gone = await bench.call();
    gone.write(post('/v1/chat/completions', CHAT, 'x-session-id: h\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = await bench.call();
    next.write(post('/v1/chat/completions', CHAT, 'x-session-id: h\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await resume(bench.edge, id);
    await next.until('\r\n\r\n{}');
    expect(bench.upstream.requests).toHaveLength(2);
  });
});

describe('a store that is gone', () => {
  const gone = (state: { gone: boolean }) => ({
    wrapStore: (store: TestEdge['store']): TestEdge['store'] =>
      new Proxy(store, {
        get(target, name: keyof typeof store) {
          if (state.gone && (name === 'enter' || name === 'settle')) {
            return () => Promise.reject(new Fault('store_unavailable'));
          }
          const value: unknown = target[name];
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  });

  test('closed: new exchanges get 503 with retry-after, running ones go on, counters wait and arrive', async () => {
    const state = { gone: false };
    const bench = await edgeWith(async ({ socket, body }) => {
      if (!body.includes('"stream"')) return void socket.write(reply('{}'));
      socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk('data: 1\n\n')]));
      while (!state.gone) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.write(Buffer.concat([chunk('data: 2\n\n'), Buffer.from('0\r\n\r\n')]));
    }, gone(state));
    const running = await bench.call();
    running.write(post('/v1/chat/completions', STREAM, 'x-session-id: run\r\n'));
    const id = sid(await running.until('data: 1'));
    state.gone = true;
    await running.until('\r\n0\r\n\r\n');
    const answer = await ask(bench);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('retry-after:');
    expect(code(answer)).toBe('store_unavailable');
    state.gone = false;
    await expect.poll(() => bench.edge.store.get(id).then((record) => record?.requests)).toBe(1);
    expect(code(await ask(bench))).toBe('');
  });

  test('open: exchanges go on with the last known blocks', async () => {
    const state = { gone: false };
    const bench = await edgeWith(undefined, { ...gone(state), snapshot: settings({ failureMode: 'open' }) });
    const blocked = 'authorization: Bearer bad\r\n';
    await ask(bench, blocked);
    const [record] = (await bench.edge.store.list({}, 1, '')).sessions;
    await bench.edge.order({
      kind: 'block',
      selector: { scope: 'principal', id: record?.principal ?? '', members: [] },
    });
    expect(code(await ask(bench, blocked))).toBe('blocked');
    state.gone = true;
    expect(code(await ask(bench))).toBe('');
    expect(code(await ask(bench, blocked))).toBe('blocked');
  });
});

describe('the record', () => {
  test('a batch the queue did not take is sent again, complete and in order', async () => {
    let refuse = true;
    const bench = await edgeWith(undefined, {
      audit: () => (refuse ? Promise.reject(new Error('queue is gone')) : Promise.resolve()),
    });
    for (let round = 0; round < 3; round++) await ask(bench, `x-session-id: r${round}\r\n`);
    await expect.poll(() => bench.edge.log.join('')).toContain('audit_batch_waits');
    refuse = false;
    await expect.poll(() => bench.edge.events().length, { timeout: 5_000 }).toBe(6);
    expect(bench.edge.events().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a full queue refuses new exchanges where the record is strict, and counts the loss where it is not', async () => {
    const audit = () => Promise.reject(new Error('queue is gone'));
    const strict = await edgeWith(undefined, { audit, auditQueueMax: 3, snapshot: settings({ auditMode: 'strict' }) });
    expect(code(await ask(strict))).toBe('');
    await ask(strict, 'x-session-id: other\r\n');
    const answer = await ask(strict);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(code(answer)).toBe('audit_unavailable');
    const loose = await edgeWith(undefined, {
      audit,
      auditQueueMax: 3,
      snapshot: settings({ auditMode: 'besteffort' }),
    });
    for (let round = 0; round < 3; round++) expect(code(await ask(loose))).toBe('');
    await expect.poll(() => loose.edge.metrics.text()).toMatch(/elida_audit_lost_total [1-9]/);
  });

  test('nothing secret is in it', async () => {
    const bench = await edgeWith();
    await ask(
      bench,
      'authorization: Bearer sk-live-0123456789abcdef\r\n',
      CHAT,
      '/v1/models?key=AIzaSyA-1234567890&x=alice@example.com',
    );
    await bench.edge.edge.close();
    expect(JSON.stringify(bench.edge.events())).not.toMatch(/sk-live|AIza|alice@/);
  });
});

describe('SIGTERM', () => {
  const stream = async (bench: Bench) => {
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', STREAM));
    await caller.until('data: 1');
    return caller;
  };

  test('streams that end within the grace are not cut, and meanwhile the edge is unready', async () => {
    let finish = (): void => {};
    const bench = await edgeWith(
      ({ socket }) => {
        socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk('data: 1\n\n')]));
        finish = () => socket.write(Buffer.concat([chunk('data: 2\n\n'), Buffer.from('0\r\n\r\n')]));
      },
      { shutdownMs: 5_000 },
    );
    const caller = await stream(bench);
    const idle = await bench.call();
    const closing = bench.edge.edge.close();
    expect(bench.edge.edge.ready().ready).toBe(false);
    await expect(bench.call()).rejects.toThrow(/ECONNREFUSED/);
    finish();
    expect(await caller.until('\r\n0\r\n\r\n')).toContain('data: 2');
    await Promise.all([closing, caller.ended(), idle.ended()]);
    expect(bench.edge.events().at(-1)?.data.outcome).toBe('completed');
  });

  test('what outlasts the grace is ended natively, with a record', async () => {
    const bench = await edgeWith(
      ({ socket }) => void socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk('data: 1\n\n')])),
      { shutdownMs: 100 },
    );
    const caller = await stream(bench);
    await bench.edge.edge.close();
    expect(caller.received()).toMatch(/data: 1[\s\S]*data: \{"error":[\s\S]*0\r\n\r\n$/);
    expect(bench.edge.events().at(-1)?.data).toMatchObject({ outcome: 'cut', code: 'draining' });
  });
});

describe('the snapshot', () => {
  test('a change is in force for the next exchange; a running stream keeps its own', async () => {
    let finish = (): void => {};
    const bench = await edgeWith(({ socket, target }) => {
      if (target !== '/old/v1/chat/completions') return void socket.write(reply('{"new":1}'));
      socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk('data: 1\n\n')]));
      finish = () => socket.write(Buffer.concat([chunk('data: 2\n\n'), Buffer.from('0\r\n\r\n')]));
    });
    await bench.edge.publish({ backends: [backend(`${bench.upstream.url}/old`)] });
    const running = await bench.call();
    running.write(post('/v1/chat/completions', STREAM));
    await running.until('data: 1');
    await bench.edge.publish({ backends: [backend(`${bench.upstream.url}/new`)] });
    expect(await ask(bench)).toContain('{"new":1}');
    finish();
    await running.until('data: 2');
  });

  test('one that needs a newer engine, or is broken, is refused: the last good one stays', async () => {
    const bench = await edgeWith();
    for (const bad of [{ minEngine: 99 }, { backends: [backend('no url')] }, { trustedProxies: ['nonsense'] }]) {
      await expect(Promise.race([bench.edge.publish({ ...bad }), refused(bench.edge)])).resolves.toBe('refused');
      expect(code(await ask(bench))).toBe('');
    }
  });

  test('the last good one on disk lets an edge start without its control plane', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'elida-edge-'));
    const upstream = await startUpstream();
    const first = await startTestEdge({ dataDir, snapshot: { backends: [backend(upstream.url)] } });
    await first.close();
    const kept = readFileSync(join(dataDir, 'snapshot.json'), 'utf8');
    expect(kept).toContain(upstream.url);
    const second = await startTestEdge({ dataDir, snapshotSource: { fetch: () => Promise.reject(new Error('gone')) } });
    onTestFinished(async () => {
      await second.close();
      await upstream.close();
      rmSync(dataDir, { recursive: true });
    });
    expect((await fetch(`${second.url}/v1/x`)).status).toBe(200);
    writeFileSync(join(dataDir, 'snapshot.json'), '{"half":');
  });
});

async function refused(edge: TestEdge): Promise<string> {
  const before = edge.log.filter((line) => line.includes('snapshot_refused')).length;
  while (edge.log.filter((line) => line.includes('snapshot_refused')).length === before) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return 'refused';
}
