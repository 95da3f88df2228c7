/** What an exchange cost and which calls it made: as the provider counted it, in the session, the record and the metrics. */

import { randomBytes } from 'node:crypto';
import { silentLog } from '@elida/kernel';
import { createRedisSessionStore } from '@elida/redis';
import { startRedis } from '@elida/repo';
import { createMemorySessionStore, type MemorySessionStore } from '@elida/session';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import type { TestEdge, TestEdgeOptions } from '../harness/edge.ts';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { noLadder, policyEntry } from '../harness/policies.ts';
import { chunk, reply, SSE_HEAD, type UpstreamRequest } from '../harness/upstream.ts';
import { COST, WIRES, type Wire } from '../harness/wires.ts';

const [chat] = WIRES as [Wire, ...Wire[]];
const HELLO = [{ role: 'user' as const, text: 'hello' }];

/** Answers as the request asks for it; a chat stream tells its usage only where it is asked to. */
const provider =
  (wire: Wire) =>
  ({ socket, body }: UpstreamRequest): void => {
    const text = body.toString();
    if (!text.includes('"stream":true')) return void socket.write(reply(wire.reply('hi')));
    const tells = wire.name !== 'openai-chat' || text.includes('"include_usage":true');
    socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk(wire.stream('hi', tells)), Buffer.from('0\r\n\r\n')]));
  };

async function post({ edge }: Bench, wire: Wire, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-session-id': 's1' };
  const answer = await request(`${edge.url}${wire.path}`, { method: 'POST', headers, body });
  return answer.body.text();
}

async function eventsOf(edge: TestEdge, type: string, atLeast = 1) {
  const found = () => edge.events().filter((event) => event.type === type);
  await expect.poll(() => found().length, { timeout: 3_000 }).toBeGreaterThanOrEqual(atLeast);
  return found();
}

const session = async ({ store }: TestEdge) => (await store.list({}, 1, '')).sessions[0];

/** By wire: Anthropic does not say how much of its output was reasoning. */
const tokensOf = ({ name }: Wire, times = 1) => ({
  input: COST.input * times,
  cachedInput: COST.cached * times,
  cacheWriteInput: 0,
  output: COST.output * times,
  reasoningOutput: name === 'anthropic-messages' ? 0 : COST.reasoning * times,
  estimated: 0,
});

function promises(options: () => Promise<TestEdgeOptions>): void {
  test.each(WIRES)('$name: usage is what the provider told, JSON and stream alike', async (wire) => {
    const bench = await edgeWith(provider(wire), await options());
    expect(await post(bench, wire, wire.request(HELLO))).toBe(wire.reply('hi'));
    const streamed = await post(bench, wire, wire.request(HELLO, { stream: true }));
    // The usage that we asked for is not for the client.
    expect(streamed).toBe(wire.stream('hi', wire.name !== 'openai-chat'));
    await expect.poll(async () => (await session(bench.edge))?.tokens).toEqual(tokensOf(wire, 2));
    const model = wire.name === 'anthropic-messages' ? 'claude-opus-5' : 'gpt-5.5';
    expect(await session(bench.edge)).toMatchObject({
      models: [{ backend: 'main', model, requests: 2, tokens: tokensOf(wire, 2) }],
    });
    const events = await eventsOf(bench.edge, 'tokens_used', 2);
    for (const { data } of events)
      expect(data).toMatchObject({
        ...{ input_tokens: COST.input, cached_input_tokens: COST.cached, output_tokens: COST.output },
        ...{ dialect: wire.name, backend: 'main', model, estimated: false },
      });
    const metrics = await bench.edge.metrics.text();
    const labels = `backend="main",dialect="${wire.name}",tenant="default"`;
    expect(metrics).toContain(`elida_tokens_total{${labels},kind="input"} ${COST.input * 2}`);
    expect(metrics).toContain(`elida_tokens_total{${labels},kind="output"} ${COST.output * 2}`);
    const exchanges = await eventsOf(bench.edge, 'exchange', 2);
    expect(exchanges.map(({ data }) => [data.streamed, data.input_tokens, data.output_tokens, data.finish])).toEqual([
      [false, COST.input, COST.output, 'stop'],
      [true, COST.input, COST.output, 'stop'],
    ]);
  });
}

describe('metering over the memory store', () => {
  promises(async () => ({}));

  test('calls of the reply: each once, arguments redacted and bounded, counted by name', async () => {
    const args = (more: string) => JSON.stringify({ mail: 'user@example.com', more });
    const call = (id: string, name: string, more = '') => ({
      ...{ id, type: 'function', function: { name, arguments: args(more) } },
    });
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [call('call_1', 'read_file'), call('call_2', 'read_file'), call('call_3', 'run', 'x'.repeat(5_000))],
    };
    const body = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    const bench = await edgeWith(({ socket }) => void socket.write(reply(body)));
    await post(bench, chat, chat.request(HELLO));
    const called = await eventsOf(bench.edge, 'tool_called', 3);
    expect(called.map(({ data }) => [data.tool_call_id, data.tool_name])).toEqual([
      ['call_1', 'read_file'],
      ['call_2', 'read_file'],
      ['call_3', 'run'],
    ]);
    expect(called[0]?.data.arguments).toContain('[REDACTED_EMAIL]');
    expect(String(called[2]?.data.arguments).length).toBe(2_048);
    await expect.poll(() => session(bench.edge)).toMatchObject({ toolCalls: 3, toolCounts: { read_file: 2, run: 1 } });
    expect((await eventsOf(bench.edge, 'exchange'))[0]?.data).toMatchObject({ tool_calls: 3, finish: 'tool_calls' });
  });

  test.each([false, true])('what is billed beside a reply counts at its own model (stream: %s)', async (streams) => {
    const [, , anthropic] = WIRES as [Wire, Wire, Wire];
    const spent = (type: string, input_tokens: number, more = {}) => ({
      type,
      input_tokens,
      output_tokens: 7,
      ...more,
    });
    const advisor = spent('advisor_message', 40, { model: 'claude-advisor-5', cache_read_input_tokens: 2 });
    const iterations = [spent('compaction', 30), spent('message', 20), advisor, advisor];
    const beside = (text: string) =>
      text.replaceAll(/"output_tokens":30/g, `"output_tokens":30,"iterations":${JSON.stringify(iterations)}`);
    const bench = await edgeWith(({ socket }) => {
      if (!streams) return void socket.write(reply(beside(anthropic.reply('hi'))));
      const body = chunk(beside(anthropic.stream('hi')));
      socket.write(Buffer.concat([Buffer.from(SSE_HEAD), body, Buffer.from('0\r\n\r\n')]));
    });
    await post(bench, anthropic, anthropic.request(HELLO, { stream: streams }));
    const own = tokensOf(anthropic);
    const advised = { ...tokensOf(anthropic, 0), input: 84, cachedInput: 4, output: 14 };
    const told = async () =>
      (await session(bench.edge))?.models.map(({ model, requests, tokens }) => [model, requests, tokens]);
    await expect.poll(told).toEqual([
      ['claude-advisor-5', 0, advised],
      // The compaction is the reply's own model's.
      ['claude-opus-5', 1, { ...own, input: own.input + 30, output: own.output + 7 }],
    ]);
    const events = (await eventsOf(bench.edge, 'tokens_used', 3)).map(({ data }) => data);
    const said = events.map(({ model, input_tokens, output_tokens, aside }) => [
      model,
      input_tokens,
      output_tokens,
      aside,
    ]);
    expect(said).toEqual([
      ['claude-opus-5', COST.input, COST.output, undefined],
      ['claude-opus-5', 30, 7, true],
      ['claude-advisor-5', 84, 14, true],
    ]);
    // The exchange says what its client reads.
    expect((await eventsOf(bench.edge, 'exchange'))[0]?.data).toMatchObject({ input_tokens: COST.input });
    expect(await bench.edge.metrics.text()).toContain(`kind="input"} ${COST.input + 30 + 84}`);
  });

  test('a chat stream is asked for its usage, and only where its client did not ask, and nobody said never', async () => {
    const plain = chat.request(HELLO, { stream: true });
    const asks = chat.request(HELLO, { stream: true, stream_options: { include_usage: true } });
    const bench = await edgeWith(provider(chat));
    expect(await post(bench, chat, plain)).toBe(chat.stream('hi', false));
    expect(await post(bench, chat, asks)).toBe(chat.stream('hi'));
    const sent = bench.upstream.requests.map(({ body }) => body.toString());
    expect(sent[0]).toBe(plain.replace('{', '{"stream_options":{"include_usage":true},'));
    expect(bench.upstream.requests[0]?.header('content-length')).toBe(String(sent[0]?.length));
    expect(sent[1]).toBe(asks);
    const never = await edgeWith(provider(chat), {
      snapshot: { settings: { requestUsage: 'never' } } as never,
    });
    expect(await post(never, chat, plain)).toBe(chat.stream('hi', false));
    expect(never.upstream.requests[0]?.body.toString()).toBe(plain);
    const other = await edgeWith(provider(chat), { backend: { dialect: 'ollama' } });
    await post(other, chat, plain);
    expect(other.upstream.requests[0]?.body.toString()).toBe(plain);
  });

  test('completions of before Chat: asked as well, and nothing more reaches the client', async () => {
    const events = (usage: boolean): string =>
      [
        { id: 'cmpl-1', object: 'text_completion', choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }] },
        ...(usage ? [{ id: 'cmpl-1', choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } }] : []),
      ]
        .map((data) => `data: ${JSON.stringify(data)}\n\n`)
        .join('');
    const bench = await edgeWith(({ socket, body }) => {
      const asked = body.includes('"include_usage":true');
      socket.write(Buffer.concat([Buffer.from(SSE_HEAD), chunk(events(asked)), Buffer.from('0\r\n\r\n')]));
    });
    const legacy = { ...chat, path: '/v1/completions' };
    expect(await post(bench, legacy, '{"model":"m","prompt":"hello","stream":true}')).toBe(events(false));
    expect((await eventsOf(bench.edge, 'tokens_used'))[0]?.data).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  });

  test('where nobody tells, it is estimated, and said to be: a provider without usage, and a stream that is cut off', async () => {
    const silent = await edgeWith(
      ({ socket }) => void socket.write(reply(chat.reply('hi').replace('"usage"', '"x"'))),
      {
        backend: { dialect: 'ollama' },
      },
    );
    await post(silent, chat, chat.request([{ role: 'user', text: 'hello world' }]));
    const [told] = await eventsOf(silent.edge, 'tokens_used');
    expect(told?.data).toMatchObject({ input_tokens: 6, output_tokens: 1, estimated: true });
    expect(await silent.edge.metrics.text()).toMatch(/elida_tokens_total\{.*kind="estimated"\} 7/);

    const cut = await edgeWith(({ socket }) => {
      socket.write(SSE_HEAD);
      socket.write(chunk(`${chat.stream('a long story about').split('\n\n')[0]}\n\n`));
      setImmediate(() => socket.destroy());
    });
    await post(cut, chat, chat.request(HELLO, { stream: true }));
    const [guessed] = await eventsOf(cut.edge, 'tokens_used');
    expect(guessed?.data).toMatchObject({ output_tokens: 4, estimated: true });
  });

  test('a rule on tokens sees what earlier exchanges cost', async () => {
    const rules = [
      { name: 'budget', type: 'metric', metric: 'tokens_total', threshold: 200, action: 'block', severity: 'info' },
    ];
    const bench = await edgeWith(provider(chat), {
      snapshot: { policies: [policyEntry({ ...noLadder, rules })] } as never,
    });
    for (let turn = 1; turn <= 2; turn++) {
      expect(await post(bench, chat, chat.request(HELLO))).toBe(chat.reply('hi'));
      await expect.poll(async () => (await session(bench.edge))?.tokens.input).toBe(COST.input * turn);
    }
    expect(await post(bench, chat, chat.request(HELLO))).toContain('budget');
    expect(bench.upstream.requests).toHaveLength(2);
  });

  test('a burst after quiet is an anomaly of the rate, a steady session is none; random bytes in it are one of both', async () => {
    const rules = [
      { name: 'burst', type: 'metric', metric: 'rate_anomaly', operator: '<', threshold: 1e-6, action: 'block' },
      { name: 'noise', type: 'compound_anomaly', threshold_float: 0.3, action: 'block' },
    ].map((one) => ({ ...one, severity: 'info', min_samples: 10 }));
    let now = Date.now();
    const store = createMemorySessionStore({ now: () => now });
    await store.markReady();
    const bench = await edgeWith(provider(chat), {
      store,
      snapshot: { policies: [policyEntry({ ...noLadder, rules })] } as never,
    });
    const say = (text: string) => post(bench, chat, chat.request([{ role: 'user', text }]));
    const violations = () => bench.edge.events().filter(({ type }) => type === 'violation_detected');
    for (let minute = 1; minute <= 12; minute++) {
      expect(await say(`minute ${minute}`)).toBe(chat.reply('hi'));
      await expect.poll(async () => (await session(bench.edge))?.requests).toBe(minute);
      now += 60_000;
    }
    expect(violations()).toEqual([]);
    const answers: string[] = [];
    for (let turn = 0; turn < 40; turn++) answers.push(await say('again'));
    expect(answers.every((answer) => answer === chat.reply('hi'))).toBe(true);
    expect(await say(randomBytes(3_000).toString('base64'))).toContain('noise');
    for (let turn = 0; turn < 20; turn++) answers.push(await say('again'));
    expect(answers.at(-1)).toContain('burst');
    const found = await eventsOf(bench.edge, 'violation_detected', 2);
    expect(found.map(({ data }) => data.rule_name)).toEqual(['noise', 'burst']);
  });

  test('a window of tool calls fills and is met', async () => {
    const message = {
      role: 'assistant',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const body = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    const rules = [
      {
        name: 'busy',
        type: 'rate',
        metric: 'tool_calls',
        window: '1h',
        threshold: 1,
        action: 'block',
        severity: 'info',
      },
    ];
    const bench = await edgeWith(({ socket }) => void socket.write(reply(body)), {
      snapshot: { policies: [policyEntry({ ...noLadder, rules })] } as never,
    });
    for (let turn = 1; turn <= 2; turn++) {
      expect(await post(bench, chat, chat.request(HELLO))).toBe(body);
      await expect.poll(async () => (await session(bench.edge))?.toolCalls).toBe(turn);
    }
    expect(await post(bench, chat, chat.request(HELLO))).toContain('busy');
  });
});

await describeWith('metering over Redis', { redis: () => startRedis() }, (backends) => {
  promises(async () => {
    const admin = new Redis(backends.redis.url);
    await admin.flushall();
    admin.disconnect();
    const store = createRedisSessionStore({ redis: backends.redis.url, log: silentLog });
    onTestFinished(() => store.close());
    await expect.poll(() => store.markReady().then(() => store.isReady())).toBe(true);
    return { store: store as unknown as MemorySessionStore };
  });
});
