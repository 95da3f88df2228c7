/** Who may come in, as whom, with what going on to which provider. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { apiKey, backend, type SnapshotInit } from '../harness/edge.ts';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { post } from '../harness/raw-http.ts';
import { reply } from '../harness/upstream.ts';

const CHAT = '{"model":"gpt-4o"}';
const CLOSED = { anonymousLoopback: false, providerKeyIdentity: false };
const settings = (more: Record<string, unknown>): SnapshotInit => ({ settings: more as never });

async function ask({ call }: Bench, headers: string, path = '/v1/chat/completions'): Promise<string> {
  const caller = await call();
  caller.write(post(path, CHAT, headers));
  return caller.until(/\r\n\r\n\{[\s\S]*\}$/);
}
const status = (answer: string): number => Number(answer.slice(9, 12));

async function principals(bench: Bench): Promise<unknown[]> {
  await bench.edge.edge.close();
  return bench.edge.events().flatMap(({ type, data }) => (type === 'exchange' ? [data.principal] : []));
}

describe('ELIDA keys', () => {
  const good = apiKey('good');
  const expired = apiKey('old', { expiresAt: '2001-01-01T00:00:00.000Z' });
  const narrow = apiKey('narrow', { backends: ['other'] });
  const credentials = [good.entry, expired.entry, narrow.entry] as never;

  test('a valid key comes in, in whichever header a client can put it, and never goes upstream', async () => {
    const bench = await edgeWith(undefined, { snapshot: { credentials, ...settings(CLOSED) } });
    for (const header of [
      'x-elida-api-key: ',
      'authorization: Bearer ',
      'x-api-key: ',
      'api-key: ',
      'x-goog-api-key: ',
    ]) {
      expect(status(await ask(bench, `${header}${good.key}\r\n`))).toBe(200);
    }
    for (const { head } of bench.upstream.requests) expect(head).not.toContain('elida_');
    expect(await principals(bench)).toEqual(Array(5).fill('user:good'));
  });

  test.each([
    ['an unknown key', `x-elida-api-key: elida_nobody_secret\r\n`, 401],
    ['a wrong secret', `authorization: Bearer ${good.key}x\r\n`, 401],
    ['an expired key', `x-elida-api-key: ${expired.key}\r\n`, 401],
    ['a key for other backends', `x-elida-api-key: ${narrow.key}\r\n`, 403],
    ['no key', '', 401],
    ["a provider's key, where that is not enough", 'authorization: Bearer sk-x\r\n', 401],
    ['a forged forwarded address', 'x-forwarded-for: 127.0.0.1\r\n', 401],
  ])('%s is refused, natively, before anything is sent', async (_name, header, expected) => {
    const bench = await edgeWith(undefined, { snapshot: { credentials, ...settings(CLOSED) } });
    const answer = await ask(bench, header);
    expect(status(answer)).toBe(expected);
    expect(answer).toContain('x-should-retry: false');
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('a bad key is refused even where nobody needs one', async () => {
    const bench = await edgeWith(undefined, { snapshot: { credentials } });
    expect(status(await ask(bench, 'x-elida-api-key: elida_good_wrong\r\n'))).toBe(401);
  });
});

describe('provider keys', () => {
  test('two keys are two principals, and the same session name is two sessions', async () => {
    const bench = await edgeWith(undefined, { snapshot: settings({ ...CLOSED, providerKeyIdentity: true }) });
    const sids = [];
    for (const key of ['sk-a', 'sk-b', 'sk-a']) {
      const answer = await ask(bench, `authorization: Bearer ${key}\r\nx-session-id: shared\r\n`);
      sids.push(/x-elida-session-id: (\w+)/.exec(answer)?.[1]);
    }
    expect(sids[0]).toBe(sids[2]);
    expect(sids[0]).not.toBe(sids[1]);
    const [a, b] = await principals(bench);
    expect(a).toMatch(/^key:[0-9a-f]{16}$/);
    expect(a).not.toBe(b);
    expect(bench.upstream.requests[0]?.header('authorization')).toBe('Bearer sk-a');
    expect(bench.edge.log.join('')).not.toContain('sk-a');
  });

  test('is no identity for a backend whose key ELIDA brings', async () => {
    const bench = await edgeWith(undefined, {
      backend: { keyRef: 'main' },
      keys: { main: 'sk-ours' },
      snapshot: settings({ ...CLOSED, providerKeyIdentity: true }),
    });
    expect(status(await ask(bench, 'authorization: Bearer junk\r\n'))).toBe(401);
    expect(bench.upstream.requests).toHaveLength(0);
  });
});

describe('keys that ELIDA brings', () => {
  test.each([
    ['openai', 'authorization', 'Bearer sk-ours'],
    ['anthropic', 'x-api-key', 'sk-ours'],
  ])('replace whatever the caller sent: %s', async (dialect, header, value) => {
    const bench = await edgeWith(undefined, {
      backend: { dialect, keyRef: 'main', headers: { 'X-Org': 'acme' } },
      keys: { main: 'sk-ours' },
    });
    await ask(bench, 'authorization: Bearer theirs\r\nx-api-key: theirs\r\nx-org: theirs\r\n');
    const request = bench.upstream.requests[0];
    expect(request?.header(header)).toBe(value);
    expect(request?.header('x-org')).toBe('acme');
    expect(request?.head).not.toContain('theirs');
  });

  test('that cannot be had make their backend refuse, and nothing is sent without', async () => {
    const bench = await edgeWith(undefined, { backend: { keyRef: 'missing' } });
    expect(await ask(bench, 'authorization: Bearer theirs\r\n')).toContain('x-elida-code: not_ready');
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test("one provider's key never goes to another", async () => {
    const bench = await edgeWith();
    const { url } = bench.upstream;
    await bench.edge.publish({
      backends: [
        backend(`${url}/a`, { name: 'a', dialect: 'anthropic', models: ['claude*'] }),
        backend(`${url}/o`, { name: 'o', models: ['gpt*'], default: false }),
      ],
    });
    await ask(bench, 'x-api-key: sk-ant-1\r\n');
    await ask(bench, 'authorization: Bearer sk-ant-oat-1\r\n');
    expect(bench.upstream.requests.map(({ target }) => target)).toEqual(Array(2).fill('/o/v1/chat/completions'));
    for (const { head } of bench.upstream.requests) expect(head).not.toContain('sk-ant-');
    const caller = await bench.call();
    caller.write(post('/v1/messages', '{"model":"claude-x"}', 'authorization: Bearer sk-proj-1\r\n'));
    await caller.until(/\r\n\r\n\{/);
    expect(bench.upstream.requests[2]?.target).toBe('/a/v1/messages');
    expect(bench.upstream.requests[2]?.head).not.toContain('sk-proj-');
  });
});

describe('networks', () => {
  test('a trusted network admits its direct peers; the client behind a configured proxy is the principal', async () => {
    const bench = await edgeWith(undefined, {
      snapshot: {
        trustedNetworks: [{ cidr: '127.0.0.0/8', tenant: 'acme', mayChooseBackend: false }],
        trustedProxies: ['127.0.0.1/32', '10.0.0.0/8'],
        ...settings(CLOSED),
      },
    });
    expect(status(await ask(bench, 'x-forwarded-for: 127.0.0.1, 198.51.100.7, 10.1.1.1\r\n'))).toBe(200);
    expect(status(await ask(bench, 'x-backend: main\r\n'))).toBe(403);
    expect((await principals(bench))[0]).toBe('addr:198.51.100.7');
    expect(bench.edge.events().find(({ type }) => type === 'exchange')?.tenant).toBe('acme');
  });

  test('a local proxy does not make its callers local', async () => {
    const bench = await edgeWith(undefined, {
      snapshot: {
        trustedProxies: ['127.0.0.1/32'],
        ...settings({ anonymousLoopback: true, providerKeyIdentity: false }),
      },
    });
    expect(status(await ask(bench, ''))).toBe(200);
    expect(status(await ask(bench, 'x-forwarded-for: 198.51.100.7\r\n'))).toBe(401);
  });
});

describe('routing', () => {
  test('x-backend, then the most specific model, then the path prefix (stripped), then the default', async () => {
    const bench = await edgeWith();
    const { url } = bench.upstream;
    await bench.edge.publish({
      backends: [
        backend(`${url}/def`, { name: 'def' }),
        backend(`${url}/any`, { name: 'any', default: false, models: ['gpt-*'] }),
        backend(`${url}/four`, { name: 'four', default: false, models: ['gpt-4*'] }),
        backend(`${url}/ant`, { name: 'ant', default: false, dialect: 'anthropic', models: ['meta/*'] }),
      ],
      routing: { blockedModels: ['secret-*'] },
    });
    const to = async (path: string, body: string, headers = ''): Promise<string | undefined> => {
      const caller = await bench.call();
      caller.write(post(path, body, headers));
      await caller.until('{}');
      return bench.upstream.requests.at(-1)?.target;
    };
    expect(await to('/v1/chat/completions', '{"model":"gpt-4o"}')).toBe('/four/v1/chat/completions');
    expect(await to('/v1/chat/completions', '{"model":"gpt-3"}')).toBe('/any/v1/chat/completions');
    expect(await to('/v1/chat/completions', '{"model":"meta/llama/3"}')).toBe('/ant/v1/chat/completions');
    expect(await to('/v1/chat/completions', '{"model":"gpt-4o"}', 'x-backend: any\r\n')).toBe(
      '/any/v1/chat/completions',
    );
    expect(await to('/any/v1/chat/completions', '{"model":"other"}')).toBe('/any/v1/chat/completions');
    expect(await to('/anthropic/v1/messages', '{"model":"other"}')).toBe('/ant/v1/messages');
    expect(await to('/v1/chat/completions', '{"model":"other"}')).toBe('/def/v1/chat/completions');
    expect(bench.upstream.requests.every(({ head }) => !/x-backend/i.test(head))).toBe(true);
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', '{"model":"secret-1"}'));
    expect(await caller.until('model_blocked')).toMatch(/^HTTP\/1\.1 403 /);
    const unknown = await bench.call();
    unknown.write(post('/v1/chat/completions', '{}', 'x-backend: nowhere\r\n'));
    expect(await unknown.until('no_backend')).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('the models of several backends are one list, of what the caller may use, in the shape of its wire', async () => {
    const bench = await edgeWith(({ socket, target }) => {
      const ids = target.startsWith('/a') ? ['claude-1', 'gpt-9'] : ['gpt-1', 'gpt-2', 'secret-1'];
      socket.write(reply(JSON.stringify({ object: 'list', data: ids.map((id) => ({ id })) })));
    });
    const { url } = bench.upstream;
    const narrow = apiKey('narrow', { backends: ['a'] });
    await bench.edge.publish({
      backends: [
        backend(`${url}/a`, { name: 'a', dialect: 'anthropic', models: ['claude-*'] }),
        backend(`${url}/o/v1`, { name: 'o', default: false }),
        backend('http://127.0.0.1:1', { name: 'dead', default: false, models: ['local-7b', 'local-*'] }),
      ],
      routing: { blockedModels: ['secret-*'] },
      credentials: [narrow.entry] as never,
    });
    const list = async (headers: string) => {
      const caller = await bench.call();
      caller.write(`GET /v1/models?limit=1000 HTTP/1.1\r\nhost: e\r\n${headers}\r\n`);
      const answer = await caller.until(/\r\n\r\n\{[\s\S]*\}$/);
      return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    };
    const all = await list('');
    expect(all.data.map(({ id }: { id: string }) => id)).toEqual(['claude-1', 'gpt-1', 'gpt-2', 'local-7b']);
    expect(all.data[1]).toEqual({ object: 'model', id: 'gpt-1', owned_by: 'o', created: 0 });
    const narrowed = await list(`x-elida-api-key: ${narrow.key}\r\nanthropic-version: 2023-06-01\r\n`);
    expect(narrowed).toMatchObject({
      has_more: false,
      first_id: 'claude-1',
      data: [{ type: 'model', display_name: 'claude-1' }],
    });
    expect(bench.upstream.requests.map(({ target }) => target)).toContain('/o/v1/models');
    for (const { head } of bench.upstream.requests) expect(head).not.toContain('elida_');
  });

  test('a dead backend is no concern of the others', async () => {
    const bench = await edgeWith();
    await bench.edge.publish({
      backends: [
        backend('http://127.0.0.1:1', { name: 'dead', models: ['dead'] }),
        backend(bench.upstream.url, { name: 'live', default: false, models: ['gpt*'] }),
      ],
    });
    const caller = await bench.call();
    caller.write(post('/v1/chat/completions', '{"model":"dead"}'));
    await caller.until('upstream_connect_failed');
    expect(status(await ask(bench, ''))).toBe(200);
  });
});

describe('paths of our own', () => {
  test.each([
    '/t/tok_1/v1/messages',
    '/__gw__/register',
    '/v1/__gw__/t/tok_1/chat/completions',
    '/v2/__gw__/t/tok_1/x',
    '/relay/generate',
    '/relay/generate?x',
  ])('%s is reserved: a token in it reaches no provider', async (path) => {
    const bench = await edgeWith();
    const caller = await bench.call();
    caller.write(`GET ${path} HTTP/1.1\r\nhost: e\r\n\r\n`);
    expect(await caller.until('not_found')).toMatch(/^HTTP\/1\.1 404 /);
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('an ELIDA key in a URL is refused, not sent on', async () => {
    const bench = await edgeWith();
    const caller = await bench.call();
    caller.write(`GET /v1beta/models?key=elida_good_secret HTTP/1.1\r\nhost: e\r\n\r\n`);
    expect(await caller.until('bad_request')).toMatch(/^HTTP\/1\.1 400 /);
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('/healthz and /readyz are answered here, and so is the knock of Claude Code; all else named health goes on', async () => {
    const bench = await edgeWith(undefined, { snapshot: settings(CLOSED) });
    for (const request of ['GET /health', 'GET /healthz', 'GET /readyz?x', 'HEAD /api/hello']) {
      const caller = await bench.call();
      caller.write(`${request} HTTP/1.1\r\nhost: e\r\n\r\n`);
      expect(await caller.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    }
    const caller = await bench.call();
    caller.write('GET /health/x HTTP/1.1\r\nhost: e\r\n\r\n');
    expect(await caller.until('not_authenticated')).toMatch(/^HTTP\/1\.1 401 /);
    expect(bench.upstream.requests).toHaveLength(0);
  });
});

describe('a blocked model', () => {
  const blocked = () =>
    edgeWith(({ socket }) => void socket.write(reply('{}')), { snapshot: { routing: { blockedModels: ['bad-*'] } } });
  const send = async (
    bench: Bench,
    body: string | Buffer,
    more = 'content-type: application/json\r\n',
  ): Promise<string> => {
    const caller = await bench.call();
    caller.write(
      Buffer.concat([
        Buffer.from(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n`,
        ),
        Buffer.from(body),
      ]),
    );
    return caller.until('}');
  };

  test.each([
    ['in any letters', '{"model":"BAD-1"}', 'model_blocked'],
    ['behind a second key', '{"model":"bad-1","model":"good"}', 'bad_json'],
    ['under another spelling of the key', '{"model":"good","Model":"bad-1"}', 'bad_json'],
    ['in what is no JSON', 'model=bad-1', 'bad_json'],
  ])('goes nowhere %s', async (_how, body, code) => {
    const bench = await blocked();
    expect(await send(bench, body)).toContain(`x-elida-code: ${code}`);
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('goes nowhere under another content type, or compressed', async () => {
    const bench = await blocked();
    expect(await send(bench, '{"model":"bad-1"}', 'content-type: application/octet-stream\r\n')).toContain(
      'model_blocked',
    );
    const packed = gzipSync('{"model":"bad-1"}');
    const coded = 'content-type: application/json\r\ncontent-encoding: gzip\r\n';
    expect(await send(bench, packed, coded)).toContain('x-elida-code: model_blocked');
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('keeps no other model out', async () => {
    const bench = await blocked();
    expect(await send(bench, '{"model":"good","tools":[{"Model":1}]}'.replace('"Model"', '"name"'))).toContain(
      '200 OK',
    );
  });
});
