/** Requests and replies as they are kept: of the same exchange, to their end, bounded, redacted, sealed. */
import { once } from 'node:events';
import { silentLog } from '@elida/kernel';
import { type Database, migrate, openDatabase } from '@elida/postgres';
import { startPostgres } from '@elida/repo';
import type { Kysely } from 'kysely';
import { request as call } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AuditUnderTest, startAudit } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { type CaptureOptions, captured, keepingEdge, openedCaptures } from '../harness/captures.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { socketBench } from '../harness/socket-bench.ts';
import { chunk, reply, type Script, SSE_HEAD } from '../harness/upstream.ts';

const chat = (text: string, more: object = {}): string =>
  JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: text }], ...more });
const answer = (text: string): string =>
  JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, message: { role: 'assistant', content: text } }] });
const delta = (text: string): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
const said = (body: Buffer): string =>
  (JSON.parse(body.toString()) as { messages: { content: string }[] }).messages[0]?.content ?? '';
const echo: Script = ({ socket, body }) => void socket.write(reply(answer(`you said ${said(body)}`)));
const coffee = (action: string, more: Record<string, unknown> = {}) => [
  policyEntry({ ...noLadder, rules: [rule('coffee', action, 'espresso', more)] }),
];

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly session: string;
}

async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const got = await call(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 'captured', ...headers },
    body,
  });
  return {
    status: got.statusCode,
    session: String(got.headers['x-elida-session-id']),
    body: await got.body.text().catch(() => ''),
  };
}

await describeWith('captures', { postgres: () => startPostgres() }, (backends) => {
  let db: Kysely<Database>;
  let worker: AuditUnderTest;
  beforeAll(async () => {
    db = openDatabase({ url: backends.postgres.url, log: silentLog });
    await migrate(db);
    worker = await startAudit({ databaseUrl: backends.postgres.url });
  });
  afterAll(async () => {
    await worker.close();
    await db.destroy();
  });
  let turn = 0;
  /** Each test has a session of its own. */
  const named = (): Record<string, string> => ({ 'x-session-id': `captured-${process.pid}-${turn++}` });
  const keeping = (script: Script | undefined, options: CaptureOptions = {}) => keepingEdge(worker, script, options);

  describe('of which exchanges', () => {
    it('all: of fifty at once in one session each has its own reply', async () => {
      const waiting: (() => void)[] = [];
      // Answered in the opposite order, all of them after the last has come.
      const { edge } = await keeping((asked) => {
        waiting.push(() => void echo(asked));
        if (waiting.length === 50) for (const answerIt of waiting.reverse()) answerIt();
      });
      const headers = named();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => post(edge.url, chat(`number ${n}!`), headers)),
      );
      const session = answers[0]?.session ?? '';
      const captures = await captured(db, session, 50);
      expect(captures).toHaveLength(50);
      const numbers = captures.map(({ request, response }) => {
        const number = /number \d+!/.exec(request.text)?.[0] ?? '';
        expect(response.text).toContain(`you said ${number}`);
        return number;
      });
      expect(new Set(numbers).size).toBe(50);
      expect((await edge.store.get(session))?.captures).toBe(50);
    });

    it('flagged_only: those in which a rule found something, in the request or only at the end of the reply', async () => {
      const { edge } = await keeping(echo, { mode: 'flagged_only', policies: coffee('flag', { target: 'both' }) });
      const headers = named();
      await post(edge.url, chat('tea'), headers);
      const { session } = await post(edge.url, chat('one espresso'), headers);
      const first = await captured(db, session, 1);
      expect(first).toMatchObject([{ flagged: true, status: 200, model: 'gpt-5', path: '/v1/chat/completions' }]);
      const late = await keeping(({ socket }) => void socket.write(reply(answer('have an espresso'))), {
        mode: 'flagged_only',
        policies: coffee('flag', { target: 'response' }),
      });
      const found = await post(late.edge.url, chat('what now?'), named());
      const [capture] = await captured(db, found.session, 1);
      expect(JSON.parse(capture?.request.text ?? '')).toEqual(JSON.parse(chat('what now?')));
      expect(capture?.response.text).toContain('have an espresso');
    });

    it('none: nothing, whatever is found', async () => {
      const { edge } = await keeping(echo, { mode: 'none', policies: coffee('flag') });
      const { session } = await post(edge.url, chat('espresso'), named());
      await edge.edge.close();
      expect(edge.events().some(({ type }) => type === 'violation_detected')).toBe(true);
      expect(edge.events().some(({ type }) => type === 'capture_recorded')).toBe(false);
      expect(await openedCaptures(db, session)).toEqual([]);
    });

    it('no more of a session than it may have, over two edges at once', async () => {
      const one = await keeping(echo, { perSessionMax: 7 });
      const two = await keeping(echo, { perSessionMax: 7, more: { store: one.edge.store } });
      const headers = named();
      const { session } = await post(one.edge.url, chat('first'), headers);
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => post((n % 2 ? one : two).edge.url, chat(`n ${n}`), headers)),
      );
      await Promise.all([one.edge.edge.close(), two.edge.edge.close()]);
      expect(await captured(db, session, 7)).toHaveLength(7);
      const told = [...one.edge.events(), ...two.edge.events()].filter(({ type }) => type === 'capture_recorded');
      expect(told).toHaveLength(7);
      expect((await one.edge.store.get(session))?.captures).toBe(7);
    });

    it('also where the edge refused it: the request as it came, and what the caller was told', async () => {
      const { edge, upstream } = await keeping(echo, { mode: 'flagged_only', policies: coffee('block') });
      const { session, status } = await post(edge.url, chat('espresso!'), named());
      expect(status).toBe(403);
      expect(upstream.requests).toHaveLength(0);
      const [capture] = await captured(db, session, 1);
      expect(capture).toMatchObject({ status: 403, outcome: 'refused', withheld: false });
      expect(capture?.request.text).toContain('espresso!');
      expect(capture?.response.text).toContain('about espresso');
    });
  });

  describe('of a stream', () => {
    const words = Array.from({ length: 800 }, (_, n) => `word${n} `);
    const streaming: Script = ({ socket }) => {
      socket.write(SSE_HEAD);
      for (const word of words) socket.write(chunk(delta(word)));
      socket.write(chunk('data: [DONE]\n\n'));
      socket.write('0\r\n\r\n');
    };

    it('the text is there to its end, put together', async () => {
      const { edge } = await keeping(streaming);
      const { session, body } = await post(edge.url, chat('go', { stream: true }), named());
      const [capture] = await captured(db, session, 1);
      expect(capture?.texts).toContainEqual(
        expect.objectContaining({ kind: 'text', text: words.join(''), truncated: false }),
      );
      expect(capture?.response).toMatchObject({ text: '', bytes: Buffer.byteLength(body), truncated: false });
    });

    it('that broke off: what came of it', async () => {
      const { edge } = await keeping(({ socket }) => {
        socket.write(SSE_HEAD);
        socket.write(chunk(delta('as far as ')));
        socket.write(chunk(delta('this')), () => socket.destroy());
      });
      const { session } = await post(edge.url, chat('go', { stream: true }), named());
      const [capture] = await captured(db, session, 1);
      expect(capture).toMatchObject({ outcome: 'failed', withheld: false });
      expect(capture?.texts).toContainEqual(expect.objectContaining({ kind: 'text', text: 'as far as this' }));
    });

    it('that a rule stopped: what the provider said is kept, and marked as withheld', async () => {
      const { edge } = await keeping(
        ({ socket }) => {
          socket.write(SSE_HEAD);
          for (const piece of ['I would like an esp', 'resso', ' now']) socket.write(chunk(delta(piece)));
          socket.write(chunk('data: [DONE]\n\n'));
          socket.write('0\r\n\r\n');
        },
        { mode: 'flagged_only', policies: coffee('block', { target: 'response' }) },
      );
      const { session, body } = await post(edge.url, chat('go', { stream: true }), named());
      expect(body).not.toContain('I would like an espresso');
      expect(body).toContain('content_filter');
      const [capture] = await captured(db, session, 1);
      expect(capture).toMatchObject({ flagged: true, withheld: true });
      expect(capture?.texts.map(({ text }) => text).join('')).toContain('I would like an espresso');
    });

    it('from which a rule takes something out: it is not in what is kept either', async () => {
      const { edge } = await keeping(
        ({ socket }) => {
          socket.write(SSE_HEAD);
          for (const piece of ['one esp', 'resso', ' please']) socket.write(chunk(delta(piece)));
          socket.write(chunk('data: [DONE]\n\n'));
          socket.write('0\r\n\r\n');
        },
        { policies: coffee('redact', { target: 'response' }) },
      );
      const { session, body } = await post(edge.url, chat('go', { stream: true }), named());
      expect(body).toContain('[REDACTED_COFFEE]');
      const [capture] = await captured(db, session, 1);
      expect(JSON.stringify(capture)).not.toContain('espresso');
      expect(capture?.texts).toContainEqual(
        expect.objectContaining({ kind: 'text', text: 'one [REDACTED_COFFEE] please' }),
      );
    });

    it('calls of tools, with their arguments', async () => {
      const call_ = { index: 0, id: 'call_1', type: 'function', function: { name: 'read_file', arguments: '' } };
      const part = (text: string) => ({ index: 0, function: { arguments: text } });
      const event = (calls: object): string =>
        `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { tool_calls: [calls] } }] })}\n\n`;
      const { edge } = await keeping(({ socket }) => {
        socket.write(SSE_HEAD);
        for (const one of [call_, part('{"pa'), part('th":"/etc/hosts"}')]) socket.write(chunk(event(one)));
        socket.write(chunk('data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n'));
        socket.write(chunk('data: [DONE]\n\n'));
        socket.write('0\r\n\r\n');
      });
      const { session } = await post(edge.url, chat('go', { stream: true }), named());
      const [capture] = await captured(db, session, 1);
      expect(capture?.calls).toEqual([
        { id: 'call_1', name: 'read_file', arguments: '{"path":"/etc/hosts"}', truncated: false },
      ]);
    });
  });

  describe('bodies', () => {
    it('that are too long are cut at a character, stay JSON, and tell how long they were', async () => {
      const { edge } = await keeping(echo, { bytesMax: 1_000 });
      const body = chat('é😀'.repeat(20_000));
      const { session, body: got } = await post(edge.url, body, named());
      const [capture] = await captured(db, session, 1);
      for (const [kept, bytes] of [
        [capture?.request, Buffer.byteLength(body)],
        [capture?.response, Buffer.byteLength(got)],
      ] as const) {
        expect(kept).toMatchObject({ truncated: true, bytes, omitted: '' });
        expect(Buffer.byteLength(kept?.text ?? '')).toBeLessThanOrEqual(1_000);
        expect(Buffer.byteLength(kept?.text ?? '')).toBeGreaterThan(900);
        expect(kept?.text).not.toContain('�');
        expect(() => JSON.parse(kept?.text ?? '') as unknown).not.toThrow();
      }
    });

    it('of wires that nobody knows are kept as well, and bytes are counted', async () => {
      const { edge } = await keeping(({ socket }) => void socket.write(reply(Buffer.of(0xff, 0xd8, 0, 1, 2), PICTURE)));
      const got = await call(`${edge.url}/some/api`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...named() },
        body: '{"not": "ours"}',
      });
      await got.body.arrayBuffer();
      const [capture] = await captured(db, String(got.headers['x-elida-session-id']), 1);
      expect(capture?.request).toMatchObject({ text: '{"not": "ours"}', truncated: false });
      expect(capture?.response).toMatchObject({ text: '', bytes: 5, omitted: 'binary' });
    });

    it('a request that a rule edits is kept as it went out', async () => {
      const { edge, upstream } = await keeping(echo, { mode: 'flagged_only', policies: coffee('redact') });
      const { session } = await post(edge.url, chat('one espresso please'), named());
      const [capture] = await captured(db, session, 1);
      expect(JSON.stringify(capture)).not.toContain('espresso');
      expect(JSON.parse(capture?.request.text ?? '')).toEqual(
        JSON.parse(upstream.requests[0]?.body.toString() ?? '') as unknown,
      );
    });
  });

  it('of a WebSocket: its messages, with their direction, and what the provider said, put together', async () => {
    const bench = await socketBench({
      onLeg: (leg) =>
        leg.on('message', (data: Buffer) => {
          for (const text of ['hello ', 'from the ', 'provider']) {
            leg.send(
              JSON.stringify({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: text }),
            );
          }
          leg.send(Buffer.of(1, 2, 3), { binary: true });
          leg.send(JSON.stringify({ type: 'echo', of: data.toString() }));
        }),
      audit: (batch) => worker.queue.send(batch),
      snapshot: {
        settings: { captureMode: 'all', captureBytesMax: 10_000, capturesPerSessionMax: 100 } as never,
      },
    });
    const client = await bench.open('/v1/responses', { headers: named() });
    client.send('{"type":"response.create"}');
    await new Promise<void>((resolve) => {
      client.on('message', (data: Buffer) => data.toString().includes('"echo"') && resolve());
    });
    client.close();
    await once(client, 'close');
    expect(client.readyState).toBe(WebSocket.CLOSED);
    const { sessions } = await bench.edge.store.list({}, 10, '');
    const [capture] = await captured(db, sessions[0]?.sid ?? '', 1);
    expect(capture?.frames.map(({ from, kind, bytes }) => [from, kind, bytes > 0])).toEqual([
      ['client', 'text', true],
      ['provider', 'text', true],
      ['provider', 'text', true],
      ['provider', 'text', true],
      ['provider', 'binary', true],
      ['provider', 'text', true],
    ]);
    expect(capture?.frames[0]?.text).toBe('{"type":"response.create"}');
    expect(capture?.texts).toContainEqual(expect.objectContaining({ text: 'hello from the provider' }));
  });
});

const PICTURE = 'HTTP/1.1 200 OK\r\ncontent-type: image/jpeg';
