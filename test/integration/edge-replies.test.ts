/** Rules on replies, through the real edge: what the official SDKs get, what is recorded, what the next request meets. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { type Said, WIRES, type Wire } from '../conformance/reply-wires.ts';
import { type CellAction, REASON, REDACTED, randomOf, SECRET, saidAt } from '../conformance/stream-matrix.ts';
import type { TestEdge } from '../harness/edge.ts';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { policyEntry } from '../harness/policies.ts';
import { chunk, reply, type Script } from '../harness/upstream.ts';

const ACTING = (action: CellAction) => ({
  risk_ladder: { enabled: false },
  rules: [
    {
      ...{ name: 'leaked_key', type: 'content_match', target: 'response', description: REASON, action },
      patterns: ['ключ-[0-9]{8}'],
    },
  ],
});

const head = (type: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${more}transfer-encoding: chunked\r\n\r\n`;

/** Each event a write of its own. */
function streams(type: string, events: readonly (string | Buffer)[], more = ''): Script {
  return ({ socket }) => {
    socket.write(head(type, more));
    for (const event of events) socket.write(chunk(event));
    socket.write('0\r\n\r\n');
  };
}

const under = (action: CellAction, script: Script): Promise<Bench> =>
  edgeWith(script, { snapshot: { policies: [policyEntry(ACTING(action))] } as never });

const wireOf = (name: string): Wire => WIRES.find((wire) => wire.name === name) as Wire;
const said = (place: 'text' | 'tool arguments'): Said[] => saidAt(place, SECRET, randomOf(7));

function scriptOf(wire: Wire, mode: 'json' | 'stream', words: readonly Said[]): Script {
  return mode === 'json'
    ? ({ socket }) => void socket.write(reply(wire.json(words)))
    : streams(wire.type.stream, wire.stream(words, '\n'));
}

interface Heard {
  text: string;
  calls: string[];
  finish: string;
}

const SESSION = { 'x-session-id': 's1' };
const openai = ({ edge }: Bench) =>
  new OpenAI({ baseURL: `${edge.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: SESSION });
const anthropic = ({ edge }: Bench) =>
  new Anthropic({ baseURL: edge.url, apiKey: 'k', maxRetries: 0, defaultHeaders: SESSION });
const messages = [{ role: 'user' as const, content: 'hi' }];

const SDK: Readonly<Record<string, Readonly<Record<'json' | 'stream', (bench: Bench) => Promise<Heard>>>>> = {
  Chat: {
    json: async (bench) => {
      const { choices } = await openai(bench).chat.completions.create({ model: 'm', messages });
      const [choice] = choices;
      const calls = (choice?.message.tool_calls ?? []).map((call) =>
        'function' in call ? call.function.arguments : '',
      );
      return { text: choice?.message.content ?? '', calls, finish: choice?.finish_reason ?? '' };
    },
    stream: async (bench) => {
      const whole = await openai(bench).chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
      const [choice] = whole.choices;
      const calls = (choice?.message.tool_calls ?? []).map((call) =>
        'function' in call ? call.function.arguments : '',
      );
      return { text: choice?.message.content ?? '', calls, finish: choice?.finish_reason ?? '' };
    },
  },
  Responses: {
    json: async (bench) => ofResponse(await openai(bench).responses.create({ model: 'm', input: 'hi' })),
    stream: async (bench) => {
      let last: OpenAI.Responses.Response | null = null;
      let text = '';
      for await (const event of await openai(bench).responses.create({ model: 'm', input: 'hi', stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        if ('response' in event) last = event.response as OpenAI.Responses.Response;
      }
      if (last === null) throw new Error('no response');
      return { ...ofResponse(last), text };
    },
  },
  'Anthropic Messages': {
    json: async (bench) => ofMessage(await anthropic(bench).messages.create({ model: 'm', max_tokens: 9, messages })),
    stream: async (bench) =>
      ofMessage(await anthropic(bench).messages.stream({ model: 'm', max_tokens: 9, messages }).finalMessage()),
  },
};

const ofResponse = (whole: OpenAI.Responses.Response): Heard => ({
  text: whole.output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join(''),
  calls: whole.output.flatMap((item) => (item.type === 'function_call' ? [item.arguments] : [])),
  finish: whole.error?.code ?? whole.status ?? '',
});

const ofMessage = ({ content, stop_reason }: Anthropic.Message): Heard => ({
  text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  calls: content.flatMap((block) => (block.type === 'tool_use' ? [JSON.stringify(block.input)] : [])),
  finish: stop_reason ?? '',
});

async function eventOf(edge: TestEdge, type: string) {
  await expect.poll(() => edge.events().find((event) => event.type === type), { timeout: 3_000 }).toBeDefined();
  return edge.events().find((event) => event.type === type);
}

const BLOCKED: Readonly<Record<string, string>> = {
  Chat: 'content_filter',
  Responses: 'invalid_prompt',
  'Anthropic Messages': 'end_turn',
};

describe.each(Object.keys(SDK))('%s', (name) => {
  const wire = wireOf(name);

  describe.each(['json', 'stream'] as const)('%s', (mode) => {
    const heard = (bench: Bench): Promise<Heard> => {
      const call = SDK[name]?.[mode];
      if (call === undefined) throw new Error('no SDK');
      return call(bench);
    };

    it('redact: the SDK gets the text with a mark in it, and arguments that parse', async () => {
      const bench = await under('redact', scriptOf(wire, mode, said('tool arguments')));
      const { calls } = await heard(bench);
      expect(calls[0]).toContain(REDACTED);
      expect(JSON.parse(calls[0] ?? '').cwd).toBe('/tmp');
      bench.upstream.script = scriptOf(wire, mode, said('text'));
      const { text } = await heard(bench);
      expect(text).toContain(`— ${REDACTED} 世界`);
      const violation = await eventOf(bench.edge, 'violation_detected');
      expect(violation?.data).toMatchObject({
        ...{ rule_name: 'leaked_key', side: 'response', source_role: 'assistant', action: 'redact', enforced: true },
      });
      expect((await eventOf(bench.edge, 'policy_action'))?.data).toMatchObject({ action: 'redact', source: 'rule' });
    });

    it('block: the SDK ends without an exception, with the reason, and has nothing of the call', async () => {
      const bench = await under('block', scriptOf(wire, mode, said('tool arguments')));
      const { text, calls, finish } = await heard(bench);
      expect(calls).toEqual([]);
      expect(finish).toBe(BLOCKED[name]);
      if (name !== 'Responses') expect(text).toContain(REASON);
      const exchange = await eventOf(bench.edge, 'exchange');
      expect(exchange?.data).toMatchObject({ outcome: 'refused', code: 'policy_blocked', status: 200 });
    });

    it('terminate: the reply ends as by an order, and the session is over', async () => {
      const bench = await under('terminate', scriptOf(wire, mode, said('text')));
      if (mode === 'stream' && name === 'Responses') expect((await heard(bench)).finish).toBe('invalid_prompt');
      else await expect(heard(bench)).rejects.toThrow(REASON);
      bench.upstream.script = scriptOf(wire, mode, [{ kind: 'text', choice: 0, pieces: ['fine'] }]);
      await expect
        .poll(() => heard(bench).catch((error: { status?: number }) => error.status), { timeout: 3_000 })
        .toBe(name === 'Responses' ? 400 : 403);
    });
  });
});

describe('a provider that codes its reply although it was asked not to', () => {
  const wire = wireOf('Chat');
  const CODED = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
  const post = ({ edge }: Bench, headers: Record<string, string> = {}) =>
    request(`${edge.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip, br', ...headers },
      body: JSON.stringify({ model: 'm', messages, stream: true, stream_options: { include_usage: true } }),
    });

  it.each(Object.entries(CODED))('%s: is judged, and leaves as plain text', async (coding, code) => {
    const plain = Buffer.from(wire.stream(said('text'), '\n').join(''));
    const coded = code(plain);
    const parts = [coded.subarray(0, 20), coded.subarray(20, 90), coded.subarray(90)];
    const bench = await under('redact', streams(wire.type.stream, parts, `content-encoding: ${coding}\r\n`));
    const answer = await post(bench);
    expect(answer.headers['content-encoding']).toBeUndefined();
    const text = await answer.body.text();
    expect(text).toContain(REDACTED);
    expect(text).not.toContain(SECRET);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(bench.upstream.requests[0]?.header('accept-encoding')).toBe('identity');
  });

  it.each(Object.entries(CODED))(
    '%s: where nothing acts it passes as it came, and is metered',
    async (coding, code) => {
      const coded = code(Buffer.from(wire.stream(said('text'), '\n').join('')));
      const bench = await edgeWith(streams(wire.type.stream, [coded], `content-encoding: ${coding}\r\n`));
      const answer = await post(bench);
      expect(answer.headers['content-encoding']).toBe(coding);
      expect(Buffer.from(await answer.body.arrayBuffer()).equals(coded)).toBe(true);
      expect((await eventOf(bench.edge, 'tokens_used'))?.data).toMatchObject({ input_tokens: 11, output_tokens: 7 });
    },
  );

  it('to a caller who reads slowly: all of it arrives, and no more than fits is decoded ahead', async () => {
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'word '.repeat(100) } }] })}\n\n`;
    const plain = Buffer.from(event.repeat(40_000));
    const coded = gzipSync(plain);
    const half = Math.floor(coded.length / 2);
    let sent: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const bench = await under('redact', ({ socket }) => {
      socket.write(head(wire.type.stream, 'content-encoding: gzip\r\n'));
      socket.write(chunk(coded.subarray(0, half)));
      // The second half comes when the first has filled all there is between here and the caller.
      setTimeout(() => {
        for (let at = half; at < coded.length; at += 256) socket.write(chunk(coded.subarray(at, at + 256)));
        socket.write('0\r\n\r\n', sent);
      }, 500);
    });
    const answer = await post(bench);
    await all;
    let length = 0;
    for await (const part of answer.body) length += part.length;
    expect(length).toBe(plain.length);
  });

  it('in a way that nobody knows, or broken: nothing of it leaves', async () => {
    const bench = await under('redact', streams(wire.type.stream, ['?'], 'content-encoding: rot13\r\n'));
    const answer = await post(bench);
    expect([answer.statusCode, answer.headers['x-elida-code']]).toEqual([502, 'upstream_failed']);
    bench.upstream.script = streams(wire.type.stream, ['no gzip at all'], 'content-encoding: gzip\r\n');
    const broken = await post(bench);
    expect(await broken.body.text()).toContain('upstream_failed');
  });
});

describe('a reply that is judged whole', () => {
  const post = ({ edge }: Bench) =>
    request(`${edge.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model: 'm', messages }) });

  it('has the length of what leaves', async () => {
    const wire = wireOf('Chat');
    const bench = await under('redact', scriptOf(wire, 'json', said('text')));
    const answer = await post(bench);
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    expect(Number(answer.headers['content-length'])).toBe(bytes.length);
    expect(JSON.parse(bytes.toString()).choices[0].message.content).toContain(REDACTED);
  });

  it('says by a header that a rule took its place', async () => {
    const bench = await under('block', scriptOf(wireOf('Chat'), 'json', said('text')));
    const answer = await post(bench);
    expect([answer.statusCode, answer.headers['x-elida-code']]).toEqual([200, 'policy_blocked']);
    expect(await answer.body.json()).toMatchObject({ usage: { prompt_tokens: 11 }, choices: [{ index: 0 }] });
  });

  it('is refused where it is longer than what can be judged; where rules only flag it passes', async () => {
    const long = reply(JSON.stringify({ text: 'x'.repeat(33_554_432) }));
    const script: Script = ({ socket }) => void socket.write(long);
    const bench = await under('redact', script);
    const answer = await post(bench);
    expect([answer.statusCode, answer.headers['x-elida-code']]).toEqual([502, 'reply_too_large']);
    await answer.body.dump();
    const flagged = await under('flag', script);
    const passed = await post(flagged);
    expect((await passed.body.arrayBuffer()).byteLength).toBe(33_554_432 + 11);
    expect((await eventOf(flagged.edge, 'violation_detected'))?.data).toMatchObject({
      rule_name: 'uninspectable_reply',
    });
  });
});

describe('a long body', () => {
  const long = JSON.stringify({
    id: 'c1',
    choices: [
      { index: 0, message: { role: 'assistant', content: `${'many words, ключ-1 '.repeat(200_000)}${SECRET}` } },
    ],
  });

  it.each(['redact', 'flag'] as const)('%s: is judged in slices, as a short one is at once', async (action) => {
    const bench = await under(action, ({ socket }) => void socket.write(reply(long)));
    const body = JSON.stringify({ model: 'm', messages });
    const answer = await request(`${bench.edge.url}/v1/chat/completions`, { method: 'POST', body });
    const text = await answer.body.text();
    expect(text).toBe(action === 'flag' ? long : long.replace(SECRET, REDACTED));
    expect((await eventOf(bench.edge, 'violation_detected'))?.data).toMatchObject({ action, match_end: 3_800_013 });
  });
});

describe('a stream that breaks off', () => {
  it('what was held and is allowed leaves before the native error', async () => {
    const wire = wireOf('Anthropic Messages');
    const words: Said[] = [{ kind: 'text', choice: 0, pieces: ['so far so good: ', 'ключ-1'] }];
    const events = wire.stream(words, '\n').slice(0, -3);
    const bench = await under('redact', ({ socket }) => {
      socket.write(head(wire.type.stream));
      for (const event of events) socket.write(chunk(event));
      setTimeout(() => socket.destroy(), 50);
    });
    const answer = await request(`${bench.edge.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', stream: true, messages }),
    });
    const text = await answer.body.text();
    expect(text.startsWith(events.join(''))).toBe(true);
    expect(text).toContain('event: error');
  });
});
