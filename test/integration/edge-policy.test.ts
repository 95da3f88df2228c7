/** The policy on requests: each action on each wire, what is inspected and how often, and what stays as it was. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Fault } from '@elida/kernel';
import { request as call } from 'undici';
import { describe, expect, test } from 'vitest';
import { apiKey, type TestEdge } from '../harness/edge.ts';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { type Said, WIRES, type Wire } from '../harness/wires.ts';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

async function post(
  { edge }: { edge: TestEdge },
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await call(`${edge.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 's1', ...headers },
    body,
  });
  const code = String(answer.headers['x-elida-code'] ?? '');
  return { status: answer.statusCode, code, headers: answer.headers, body: await answer.body.text() };
}

const user = (text: string): Said => ({ role: 'user', text });
const assistant = (text: string): Said => ({ role: 'assistant', text });
const ask = (bench: Bench, wire: Wire, said: readonly Said[], headers = {}): Promise<Answer> =>
  post(bench, wire.path, wire.request(said), headers);

const under = (document: Record<string, unknown>, script?: Parameters<typeof edgeWith>[0]): Promise<Bench> =>
  edgeWith(script, { snapshot: { policies: [policyEntry({ ...noLadder, ...document })] } as never });

async function eventsOf(edge: TestEdge, type: string, atLeast = 1) {
  const found = () => edge.events().filter((event) => event.type === type);
  await expect.poll(() => found().length, { timeout: 3_000 }).toBeGreaterThanOrEqual(atLeast);
  return found();
}
const inspected = async ({ metrics }: TestEdge): Promise<number> =>
  Number(/elida_edge_inspected_characters_total (\d+)/.exec(await metrics.text())?.[1] ?? 0);

describe.each(WIRES)('a rule on $name', (wire) => {
  test('flag: the request goes out to the byte, and is a violation with its place', async () => {
    const bench = await under({ rules: [rule('coffee', 'flag', 'espresso')] });
    const body = wire.request([user('hello'), user('one espresso, please')]);
    expect((await post(bench, wire.path, body)).status).toBe(200);
    expect(bench.upstream.requests[0]?.body.toString()).toBe(body);
    const [violation] = await eventsOf(bench.edge, 'violation_detected');
    expect(violation?.data).toMatchObject({
      ...{ rule_name: 'coffee', policy: 'main@1', source_role: 'user', side: 'request', message_index: 1 },
      ...{ matched_text: 'espresso', match_start: 4, match_end: 12, action: 'flag', enforced: true },
    });
    expect(violation?.data.place).toContain('1');
  });

  test('redact: only what matched is another text, and the length is right', async () => {
    const bench = await under({ rules: [rule('coffee', 'redact', 'espresso')] });
    const body = wire.request([user('one \u00e9 espresso, \u{1f600} please'), user('no espresso')], { x_unknown: 1.0 });
    expect((await post(bench, wire.path, body)).status).toBe(200);
    const [sent] = bench.upstream.requests;
    expect(sent?.body.toString()).toBe(body.replaceAll('espresso', '[REDACTED_COFFEE]'));
    expect(sent?.header('content-length')).toBe(String(sent?.body.length));
    const [action] = await eventsOf(bench.edge, 'policy_action');
    expect(action?.data).toMatchObject({ source: 'rule', action: 'redact', rule_name: 'coffee', enforced: true });
    // What was taken out of the traffic is not in the record.
    const violations = await eventsOf(bench.edge, 'violation_detected', 2);
    expect(violations.map(({ data }) => data.matched_text)).toEqual(['[REDACTED_COFFEE]', '[REDACTED_COFFEE]']);
  });

  test('redact: again in every turn that sends it again', async () => {
    const bench = await under({ rules: [rule('coffee', 'redact', 'espresso')] });
    const said = [user('one espresso')];
    await ask(bench, wire, said);
    for (let turn = 0; turn < 2; turn++) {
      said.push(assistant('here'), user('thanks'));
      await expect.poll(() => bench.edge.store.list({}, 1, '')).toMatchObject({ sessions: [{ requests: turn + 1 }] });
      await ask(bench, wire, said);
    }
    for (const { body } of bench.upstream.requests) expect(body.toString()).not.toContain('espresso');
    expect(await eventsOf(bench.edge, 'violation_detected')).toHaveLength(1);
  });

  test('block: refused natively with the public reason, and not to be tried again', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso', { description: 'No coffee here.' })] });
    const answer = await ask(bench, wire, [user('one espresso')]);
    expect(answer).toMatchObject({ status: wire.refusal, code: 'policy_blocked' });
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(answer.body).toContain('No coffee here.');
    expect(bench.upstream.requests).toHaveLength(0);
    const [exchange] = await eventsOf(bench.edge, 'exchange');
    expect(exchange?.data).toMatchObject({ outcome: 'refused', code: 'policy_blocked', findings: 1, policy: 'main@1' });
    // Also behind more words, for as long as it is said.
    expect((await ask(bench, wire, [user('one espresso'), user('please')])).code).toBe('policy_blocked');
    expect((await ask(bench, wire, [user('one tea')])).status).toBe(200);
  });

  test.each([
    ['kill', 'session_killed', 'killed'],
    ['terminate', 'session_terminated', 'terminated'],
  ])('%s: this request and all that follow are refused; the order says which rule', async (action, code, state) => {
    const bench = await under({ rules: [rule('coffee', action, 'espresso')] });
    const first = await ask(bench, wire, [user('one espresso')]);
    expect(first).toMatchObject({ status: wire.refusal, code });
    expect(first.body).toContain('about espresso');
    expect((await ask(bench, wire, [user('tea then')])).code).toBe(code);
    expect(bench.upstream.requests).toHaveLength(0);
    const { sessions } = await bench.edge.store.list({}, 10, '');
    expect(sessions).toMatchObject([{ state, actor: 'rule:coffee' }]);
    expect((await ask(bench, wire, [user('tea')], { 'x-session-id': 's2' })).status).toBe(200);
  });

  test('in audit mode nothing acts, and the record says what would have been done', async () => {
    const bench = await under({ mode: 'audit', rules: [rule('coffee', 'terminate', 'espresso')] });
    const body = wire.request([user('one espresso')]);
    expect((await post(bench, wire.path, body)).status).toBe(200);
    expect(bench.upstream.requests[0]?.body.toString()).toBe(body);
    const [action] = await eventsOf(bench.edge, 'policy_action');
    expect(action?.data).toMatchObject({ action: 'flag', would: 'terminate', enforced: false });
    expect((await eventsOf(bench.edge, 'violation_detected'))[0]?.data).toMatchObject({ enforced: false });
  });

  test('a conversation is read once: a turn costs what is new in it', async () => {
    const bench = await under({ rules: [rule('coffee', 'flag', 'espresso')] });
    const said: Said[] = [user(`${'a long story. '.repeat(500)} espresso`)];
    for (let turn = 1; turn <= 4; turn++) {
      const before = await inspected(bench.edge);
      await ask(bench, wire, said);
      const read = (await inspected(bench.edge)) - before;
      if (turn === 1) expect(read).toBeGreaterThan(7_000);
      else expect(read).toBeLessThan(40);
      await expect.poll(() => bench.edge.store.list({}, 1, '')).toMatchObject({ sessions: [{ requests: turn }] });
      said.push(assistant(`answer ${turn}`), user(`question ${turn}`));
    }
    expect(await eventsOf(bench.edge, 'violation_detected')).toHaveLength(1);
    // Another beginning is another conversation, though the rest is the same.
    const before = await inspected(bench.edge);
    await ask(bench, wire, [user('changed'), ...said.slice(1)]);
    expect((await inspected(bench.edge)) - before).toBeGreaterThan(20);
  });

  test('duplicate keys that parsers read differently are refused', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso')] });
    const body = wire.request([user('tea')]);
    const twice = `${body.slice(0, -1)},${body.slice(1)}`;
    expect(await post(bench, wire.path, twice)).toMatchObject({ status: 400, code: 'bad_json' });
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('a body in %s is opened to be read, and goes out as it came', async (coding, pack) => {
    const bench = await under({
      rules: [rule('coffee', 'block', 'espresso'), rule('milk', 'redact', 'oat milk')],
    });
    const packed = pack(wire.request([user('one tea')]));
    expect((await post(bench, wire.path, packed, { 'content-encoding': coding })).status).toBe(200);
    expect(bench.upstream.requests[0]?.body.equals(packed)).toBe(true);
    expect(bench.upstream.requests[0]?.header('content-encoding')).toBe(coding);
    const bad = pack(wire.request([user('one espresso')]));
    expect((await post(bench, wire.path, bad, { 'content-encoding': coding })).code).toBe('policy_blocked');
    const edited = pack(wire.request([user('oat milk')]));
    await post(bench, wire.path, edited, { 'content-encoding': coding });
    expect(bench.upstream.requests[1]?.body.toString()).toBe(wire.request([user('[REDACTED_MILK]')]));
    expect(bench.upstream.requests[1]?.header('content-encoding')).toBeUndefined();
  });
});

const [chat] = WIRES as [Wire, ...Wire[]];

describe('what cannot be read does not pass as read', () => {
  test('a bomb is refused, and so is a coding that nobody here opens', async () => {
    const bench = await edgeWith(undefined, {
      snapshot: {
        policies: [policyEntry({ rules: [rule('coffee', 'block', 'espresso')] })],
        settings: { bodyBytesMax: 100_000 },
      } as never,
    });
    const bomb = gzipSync(chat.request([user('a'.repeat(200_000))]));
    expect((await post(bench, chat.path, bomb, { 'content-encoding': 'gzip' })).code).toBe('body_too_large');
    for (const coding of ['compress', 'gzip, gzip', 'gzip'])
      expect((await post(bench, chat.path, '{}', { 'content-encoding': coding })).code).toBe('bad_request');
    expect(bench.upstream.requests).toHaveLength(0);
  });

  test('a wire that is known is JSON under any name; JSON of any endpoint is read leaf by leaf', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso')] });
    const body = chat.request([user('one espresso')]);
    for (const type of ['text/plain', 'application/octet-stream', 'multipart/form-data; boundary=x'])
      expect((await post(bench, chat.path, body, { 'content-type': type })).code).toBe('policy_blocked');
    for (const path of ['/api/anything', '/v1/embeddings', '/v1/completions'])
      expect((await post(bench, path, '{"deep":{"input":["one espresso"]}}')).code).toBe('policy_blocked');
    expect((await post(bench, '/api/anything', '{"a":"espre\\u0073so"}', { 'content-type': '' })).code).toBe(
      'policy_blocked',
    );
  });

  test('documents in lines are read each by itself', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso'), rule('milk', 'redact', 'oat milk')] });
    const send = (body: string) => post(bench, '/api/bulk', body, { 'content-type': 'application/x-ndjson' });
    expect((await send('{"a":"tea"}\n{"a":"water"}\n')).status).toBe(200);
    expect(bench.upstream.requests[0]?.body.toString()).toBe('{"a":"tea"}\n{"a":"water"}\n');
    expect((await send('{"a":"tea"}\n{"a":"espresso"}\n')).code).toBe('policy_blocked');
    // It cannot be edited in place: then it does not leave.
    expect((await send('{"a":"tea"}\n{"a":"oat milk"}\n')).code).toBe('policy_blocked');
    expect((await send('{"a":"tea"}\nno json')).code).toBe('bad_json');
  });

  test('what is no JSON goes on unread: files, pictures, forms', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso')] });
    for (const type of ['multipart/form-data; boundary=x', 'image/png', 'text/csv'])
      expect((await post(bench, '/v1/files', 'an espresso', { 'content-type': type })).status).toBe(200);
    expect(bench.upstream.requests.map(({ body }) => body.toString())).toEqual(Array(3).fill('an espresso'));
  });

  test('texts that are JSON themselves are read and edited inside: arguments of a call', async () => {
    const bench = await under({ rules: [rule('coffee', 'redact', 'espresso', { roles: ['assistant'] })] });
    const written = JSON.stringify({ drink: 'one "espresso"', n: 1.0 }).replace('e', '\\u0065');
    const body = JSON.stringify({
      model: 'gpt-5',
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'order', arguments: written } }],
        },
      ],
    });
    expect((await post(bench, chat.path, body)).status).toBe(200);
    const sent = JSON.parse(String(bench.upstream.requests[0]?.body)) as {
      messages: { tool_calls: { function: { arguments: string } }[] }[];
    };
    const args = sent.messages[0]?.tool_calls[0]?.function.arguments ?? '';
    expect(JSON.parse(args)).toEqual({ drink: 'one "[REDACTED_COFFEE]"', n: 1 });
  });

  test('a WebSocket under a policy that inspects is answered 426', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso')] });
    const caller = await bench.call();
    caller.write(
      'GET /v1/responses HTTP/1.1\r\nhost: edge\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(await caller.until('x-elida-code')).toMatch(/^HTTP\/1\.1 426 /);
    expect(bench.upstream.requests).toHaveLength(0);
  });
});

describe('whose policy', () => {
  test('the highest priority that fits who is calling; nothing that the caller says of itself counts', async () => {
    const strict = apiKey('strict', { tenant: 'acme' });
    const loose = apiKey('loose', { tenant: 'acme', principal: 'user:trusted' });
    const blocking = { ...noLadder, rules: [rule('coffee', 'block', 'espresso')] };
    const bench = await edgeWith(undefined, {
      snapshot: {
        credentials: [strict.entry, loose.entry],
        policies: [
          policyEntry({ mode: 'off' }, { name: 'a-rest', priority: 0 }),
          policyEntry(blocking, { name: 'acme', priority: 5, match: { tenants: ['acme'] } as never }),
          policyEntry({ ...noLadder }, { name: 'trusted', priority: 9, match: { principals: ['user:tr*'] } as never }),
        ],
      } as never,
    });
    const body = chat.request([user('one espresso')]);
    const as = (key: string, more = {}) => post(bench, chat.path, body, { authorization: `Bearer ${key}`, ...more });
    expect((await as(strict.key)).code).toBe('policy_blocked');
    expect((await as(strict.key, { 'x-elida-agent-id': 'user:trusted', 'x-tenant': 'default' })).code).toBe(
      'policy_blocked',
    );
    expect((await as(loose.key, { 'x-session-id': 's2' })).status).toBe(200);
    expect((await as('sk-anybody', { 'x-session-id': 's3' })).status).toBe(200);
    const { sessions } = await bench.edge.store.list({}, 10, '');
    expect(new Set(sessions.map(({ policy }) => policy))).toEqual(new Set(['acme@1', 'trusted@1', 'a-rest@1']));
  });

  test('a policy that cannot be read refuses the snapshot; what is in force stays', async () => {
    const bench = await under({ rules: [rule('coffee', 'block', 'espresso')] });
    const { edge, upstream } = bench;
    const broken = { ...policyEntry({}), compiledJson: '{"mode":"enforce"}', hash: 'other' };
    await edge.publish({
      backends: [{ name: 'main', url: upstream.url, dialect: 'openai', default: true }],
      policies: [broken],
    } as never);
    expect(edge.log.some((line) => line.includes('snapshot_refused'))).toBe(true);
    expect((await ask(bench, chat, [user('one espresso')])).code).toBe('policy_blocked');
  });
});

describe('counters and models', () => {
  test('a limit of requests is met by the one that goes beyond it, and is one violation', async () => {
    const bench = await under({
      rules: [
        { name: 'many', type: 'metric', metric: 'request_count', threshold: 2, action: 'block', severity: 'info' },
      ],
    });
    const codes: string[] = [];
    for (let turn = 1; turn <= 4; turn++) {
      codes.push((await ask(bench, chat, [user(`turn ${turn}`)])).code);
      await expect.poll(() => bench.edge.store.list({}, 1, '')).toMatchObject({ sessions: [{ requests: turn }] });
    }
    expect(codes).toEqual(['', '', 'policy_blocked', 'policy_blocked']);
    expect(await eventsOf(bench.edge, 'violation_detected')).toHaveLength(1);
  });

  test('of the request at hand: its text, its messages, the output that it asks for', async () => {
    const limit = (metric: string, threshold: number) => ({
      ...{ name: metric, type: 'metric', metric, threshold, action: 'block', severity: 'info' },
    });
    const bench = await under({
      rules: [limit('request_text_bytes', 100), limit('request_messages', 3), limit('max_tokens', 500)],
    });
    expect((await ask(bench, chat, [user('hi')])).status).toBe(200);
    expect((await ask(bench, chat, [user('\u00e9'.repeat(51))])).code).toBe('policy_blocked');
    expect((await ask(bench, chat, Array(4).fill(user('hi')))).code).toBe('policy_blocked');
    expect((await post(bench, chat.path, chat.request([user('hi')], { max_tokens: 501 }))).code).toBe('policy_blocked');
  });

  test('a model that the policy does not allow, and a call of an earlier turn', async () => {
    const bench = await under({
      rules: [
        { name: 'models', type: 'model', allow: ['gpt-5*'], action: 'block', severity: 'info' },
        { name: 'shell', type: 'tool', tools: ['shell*'], action: 'block', severity: 'info' },
      ],
    });
    expect((await ask(bench, chat, [user('hi')])).status).toBe(200);
    expect((await post(bench, chat.path, chat.request([], { model: 'other-1' }))).code).toBe('policy_blocked');
    const call = { id: 'call_1', type: 'function', function: { name: 'shell_exec', arguments: '{"cmd":"ls"}' } };
    const messages = [{ role: 'assistant', tool_calls: [call] }];
    expect((await post(bench, chat.path, JSON.stringify({ model: 'gpt-5', messages }))).code).toBe('policy_blocked');
  });
});

describe('a store that is gone when something was found', () => {
  const gone = (failureMode: string) =>
    edgeWith(undefined, {
      snapshot: {
        policies: [policyEntry({ rules: [rule('coffee', 'flag', 'espresso')] })],
        settings: { failureMode },
      } as never,
      wrapStore: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'flag') return () => Promise.reject(new Fault('store_unavailable'));
            const value = Reflect.get(target, name);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    });

  test('closed: the request is refused, and the violation is in the record', async () => {
    const bench = await gone('closed');
    expect(await ask(bench, chat, [user('one espresso')])).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect((await ask(bench, chat, [user('one tea')])).status).toBe(200);
    expect(await eventsOf(bench.edge, 'violation_detected')).toHaveLength(1);
  });

  test('open: it goes on, and the violation is in the record', async () => {
    const bench = await gone('open');
    expect((await ask(bench, chat, [user('one espresso')])).status).toBe(200);
    expect(await eventsOf(bench.edge, 'violation_detected')).toHaveLength(1);
  });
});

test('a blocked session is refused before its long upload has arrived', async () => {
  const bench = await edgeWith(undefined, {
    snapshot: {
      policies: [
        policyEntry({
          rules: [rule('bad', 'flag', 'very bad', { severity: 'critical' })],
          risk_ladder: { half_life: 0, thresholds: [{ score: 10, action: 'block' }] },
        }),
      ],
    } as never,
  });
  expect((await ask(bench, chat, [user('very bad')])).code).toBe('risk_blocked');
  const caller = await bench.call();
  caller.write(
    `POST ${chat.path} HTTP/1.1\r\nhost: edge\r\nx-session-id: s1\r\ncontent-type: application/json\r\n` +
      'content-length: 5000000\r\n\r\n{"model":',
  );
  expect(await caller.until('x-elida-code')).toContain('x-elida-code: risk_blocked');
});
