import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { DialectName } from './dialect.ts';
import type { ReplyItem } from './reply.ts';
import type { ToolCall } from './segment.ts';
import { lastEventEnd } from './sse/boundary.ts';
import type { Usage } from './usage.ts';

const fixture = (name: DialectName, file: string): Buffer =>
  readFileSync(new URL(`./${name}/fixtures/${file}`, import.meta.url));
const typeOf = (file: string): string => (file.endsWith('.sse') ? 'text/event-stream' : 'application/json');

/** What a client has at the end, from items alone: pieces by kind, index and part. */
interface Heard {
  readonly texts: Record<string, string>;
  readonly calls: ToolCall[];
  readonly usage: Usage | null;
  readonly finish: Record<number, string>;
  readonly errors: string[];
}

function hear(items: readonly ReplyItem[]): Heard {
  const texts: Record<string, string> = {};
  const calls: ToolCall[] = [];
  const finish: Record<number, string> = {};
  const errors: string[] = [];
  let usage: Usage | null = null;
  for (const item of items) {
    if (item.type === 'text' && !item.repeats) {
      const key = `${item.kind} ${item.index}.${item.part}`;
      texts[key] = (texts[key] ?? '') + item.text;
    } else if (item.type === 'tool_call') calls.push(item.call);
    else if (item.type === 'usage') usage = item.usage;
    else if (item.type === 'finish') finish[item.index] = item.reason;
    else if (item.type === 'error') errors.push(`${item.code}: ${item.message}`);
  }
  return { texts, calls, usage, finish, errors };
}

function readAll(name: DialectName, type: string, pieces: readonly Uint8Array[]): ReplyItem[] {
  const reader = DIALECTS[name].readReply(type);
  if (reader === null) throw new Error('bytes');
  return [...pieces.flatMap((piece) => reader.read(piece).flatMap(({ items }) => items)), ...reader.end()];
}

const heard = (name: DialectName, file: string): Heard =>
  hear(readAll(name, typeOf(file), [new Uint8Array(fixture(name, file))]));

const NO_CALLS = { calls: [], errors: [] };
const USAGE: Usage = { input: 1200, cachedInput: 1000, cacheWriteInput: 100, output: 80, reasoningOutput: 64 };
const ANTHROPIC_START: Usage = { input: 1200, cachedInput: 900, cacheWriteInput: 200, output: 1, reasoningOutput: 0 };
const call = (id: string, name: string, text: string, more: Partial<ToolCall> = {}): ToolCall => ({
  id,
  name,
  namespace: '',
  kind: 'function',
  arguments: text,
  ...more,
});
const CITED = { 'citation 0.0': 'https://example.org/aA' };

/** dialect × json, stream × text, tools, reasoning, usage, error. */
const CELLS: readonly (readonly [DialectName, string, Partial<Heard>])[] = [
  [
    'openai-chat',
    'stream-text.sse',
    {
      texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'refusal 0.0': 'but no' },
      finish: { 0: 'stop' },
      usage: null,
      ...NO_CALLS,
    },
  ],
  [
    'openai-chat',
    'stream-two-choices.sse',
    { texts: { 'text 0.0': 'zero more', 'text 1.0': 'one more' }, finish: { 0: 'stop', 1: 'length' }, ...NO_CALLS },
  ],
  [
    'openai-chat',
    'stream-tools.sse',
    {
      texts: {},
      calls: [call('call_a', 'read_file', '{"path":"/tmp/é"}'), call('call_b', 'exec', 'ls -la', { kind: 'custom' })],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['openai-chat', 'stream-reasoning.sse', { texts: { 'reasoning 0.0': 'Think hard.', 'text 0.0': 'Done.' } }],
  ['openai-chat', 'stream-usage.sse', { texts: { 'text 0.0': 'Hi' }, usage: USAGE }],
  ['openai-chat', 'stream-error.sse', { errors: ['overloaded: The engine is overloaded'], finish: {} }],
  ['openai-chat', 'json-text.json', { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' } }],
  [
    'openai-chat',
    'json-tools.json',
    {
      calls: [call('call_a', 'read_file', '{"path":"/tmp/é"}'), call('call_b', 'exec', 'ls -la', { kind: 'custom' })],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['openai-chat', 'json-reasoning.json', { texts: { 'reasoning 0.0': 'Think hard.', 'text 0.0': 'Done.' } }],
  ['openai-chat', 'json-usage.json', { usage: USAGE }],
  ['openai-chat', 'json-error.json', { errors: ['rate_limit_exceeded: Rate limit reached'] }],

  [
    'anthropic-messages',
    'stream-text.sse',
    {
      texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'citation 0.0': 'as it saysA' },
      finish: { 0: 'stop' },
      usage: { ...ANTHROPIC_START, output: 9 },
      ...NO_CALLS,
    },
  ],
  [
    'anthropic-messages',
    'stream-tools.sse',
    {
      texts: { 'text 0.0': 'I look.', 'tool_result 4.0': 'Sunnyhttps://example.org/w' },
      calls: [
        call('toolu_a', 'read_file', '{"path": "/tmp/é"}'),
        call('toolu_b', 'list', '{}'),
        call('srvtoolu_c', 'web_search', '{"query":"weather"}', { kind: 'server_tool_use' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['anthropic-messages', 'stream-reasoning.sse', { texts: { 'reasoning 0.0': 'Think hard.', 'text 2.0': 'Done.' } }],
  [
    'anthropic-messages',
    'stream-usage.sse',
    { usage: { ...USAGE, cachedInput: 900, cacheWriteInput: 200 }, finish: { 0: 'length' } },
  ],
  ['anthropic-messages', 'stream-error.sse', { texts: { 'text 0.0': 'Hi' }, errors: ['overloaded_error: Overloaded'] }],
  [
    'anthropic-messages',
    'json-text.json',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'citation 0.0': 'as it saysA' }, usage: ANTHROPIC_START, ...NO_CALLS },
  ],
  [
    'anthropic-messages',
    'json-tools.json',
    {
      texts: { 'text 0.0': 'I look.', 'tool_result 4.0': 'found' },
      calls: [
        call('toolu_a', 'read_file', '{"path":"/tmp/é"}'),
        call('toolu_b', 'list', '{}'),
        call('mcptoolu_c', 'search', '{"q":"x"}', { kind: 'mcp_tool_use', namespace: 'wiki' }),
      ],
    },
  ],
  ['anthropic-messages', 'json-reasoning.json', { texts: { 'reasoning 0.0': 'Think hard.', 'text 1.0': 'Done.' } }],
  ['anthropic-messages', 'json-usage.json', { usage: { ...USAGE, cachedInput: 900, cacheWriteInput: 200 } }],
  ['anthropic-messages', 'json-error.json', { errors: ['overloaded_error: Overloaded'] }],

  [
    'openai-responses',
    'stream-text.sse',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' }, usage: null, ...NO_CALLS },
  ],
  [
    'openai-responses',
    'stream-tools.sse',
    {
      texts: {},
      calls: [
        call('call_a', 'read_file', '{"path":"/tmp/é"}', { namespace: 'functions' }),
        call('call_b', 'exec', 'ls -la', { kind: 'custom' }),
        call('ws_1', 'web_search', '{"type":"search","query":"weather"}', { kind: 'web_search' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  [
    'openai-responses',
    'stream-reasoning.sse',
    { texts: { 'reasoning_summary 0.0': 'Think hard.', 'text 1.0': 'Done.' }, finish: { 0: 'stop' } },
  ],
  ['openai-responses', 'stream-usage.sse', { usage: USAGE, finish: { 0: 'length' } }],
  [
    'openai-responses',
    'stream-error.sse',
    { texts: { 'text 0.0': 'Hi' }, errors: ['server_error: The engine is overloaded'], finish: { 0: 'error' } },
  ],
  [
    'openai-responses',
    'json-text.json',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' } },
  ],
  [
    'openai-responses',
    'json-tools.json',
    {
      texts: {},
      calls: [
        call('call_a', 'read_file', '{"path":"/tmp/é"}', { namespace: 'functions' }),
        call('call_b', 'exec', 'ls -la', { kind: 'custom' }),
        call('ws_1', 'web_search', '{"type":"search","query":"weather"}', { kind: 'web_search' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  [
    'openai-responses',
    'json-reasoning.json',
    { texts: { 'reasoning_summary 0.0': 'Think hard.', 'text 1.0': 'Done.' } },
  ],
  ['openai-responses', 'json-usage.json', { usage: USAGE, finish: { 0: 'length' } }],
  ['openai-responses', 'json-error.json', { errors: ['rate_limit_exceeded: Rate limit reached'] }],

  [
    'openai',
    'stream-completion.sse',
    {
      texts: { 'text 0.0': 'Once upon' },
      finish: { 0: 'length' },
      usage: { ...USAGE, input: 3, output: 2, cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 },
    },
  ],
  ['openai', 'json-completion.json', { texts: { 'text 0.0': 'Once upon' }, finish: { 0: 'length' } }],
  [
    'openai',
    'json-embedding.json',
    { texts: {}, usage: { input: 5, output: 0, cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 } },
  ],
];

describe('each cell of the matrix is read as its wire means it', () => {
  it.each(CELLS)('%s %s', (name, file, expected) => {
    expect(heard(name, file)).toMatchObject(expected);
    // toMatchObject lets further texts pass.
    if (expected.texts !== undefined) expect(heard(name, file).texts).toEqual(expected.texts);
  });
});

/** Whole events of chunks, as a relay releases them. */
function released(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  let tail = new Uint8Array();
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1);
    const joined = new Uint8Array([...tail, ...bytes.subarray(at, at + size)]);
    const end = lastEventEnd(joined);
    if (end > 0) out.push(joined.slice(0, end));
    tail = joined.slice(end);
    at += size;
  }
  return [...out, tail];
}

const STREAMS = CELLS.filter(([, file]) => file.endsWith('.sse'));

describe('chunks', () => {
  it.each(STREAMS)('%s %s reads the same by the byte, by the event, and in any other pieces', (name, file) => {
    const bytes = new Uint8Array(fixture(name, file));
    const whole = readAll(name, typeOf(file), [bytes]);
    expect(readAll(name, typeOf(file), released(bytes, [1]))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(readAll(name, typeOf(file), released(bytes, sizes))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it.each(STREAMS)(
    '%s %s reads the same with CRLF, CR, comments, and without a space behind the colon',
    (name, file) => {
      const text = fixture(name, file).toString().replaceAll('\r\n', '\n');
      const whole = readAll(name, typeOf(file), [Buffer.from(text)]);
      for (const other of [
        text.replaceAll('\n', '\r\n'),
        text.replaceAll('\n', '\r'),
        text.replaceAll('data: ', 'data:'),
        text.replaceAll('data: ', ': ping\ndata: '),
        `﻿${text}`,
      ])
        expect(readAll(name, typeOf(file), [Buffer.from(other)])).toEqual(whole);
    },
  );
});

describe('calls', () => {
  it('are given once, when they are complete, however often the wire repeats them', () => {
    const items = readAll('openai-responses', 'text/event-stream', [fixture('openai-responses', 'stream-tools.sse')]);
    const types = items.filter(({ type }) => type.startsWith('tool_')).map(({ type }) => type);
    expect(types.filter((type) => type === 'tool_begin')).toHaveLength(3);
    expect(types.filter((type) => type === 'tool_call')).toHaveLength(3);
  });

  it('that a stream leaves open are given at its end', () => {
    const text = fixture('anthropic-messages', 'stream-tools.sse').toString();
    const cut = text.slice(0, text.indexOf('event: content_block_stop', text.indexOf('partial_json')));
    expect(hear(readAll('anthropic-messages', 'text/event-stream', [Buffer.from(cut)])).calls).toEqual([
      call('toolu_a', 'read_file', '{"path": "/tmp/é"}'),
    ]);
  });

  it('Responses: servers that give every item the same index are read by id, and no call is lost', () => {
    const text = fixture('openai-responses', 'stream-tools.sse')
      .toString()
      .replaceAll(/"output_index":\d/g, '"output_index":0');
    const { calls } = hear(readAll('openai-responses', 'text/event-stream', [Buffer.from(text)]));
    expect(new Set(calls.map(({ id }) => id))).toEqual(new Set(['call_a', 'call_b', 'ws_1']));
    expect(calls).toContainEqual(call('call_a', 'read_file', '{"path":"/tmp/é"}', { namespace: 'functions' }));
  });

  it('Chat: [DONE] completes what no finish reason did', () => {
    const text = fixture('openai-chat', 'stream-tools.sse').toString();
    const bytes = Buffer.from(text.replace('"finish_reason":"tool_calls"', '"finish_reason":null'));
    const items = DIALECTS['openai-chat'].readReply('text/event-stream')?.read(bytes).at(-1)?.items ?? [];
    expect(items.map(({ type }) => type)).toEqual(['tool_call', 'tool_call']);
  });

  it('Chat: servers that give every call the same index are read by id', () => {
    const chunk = (id: string, city: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id, type: 'function', function: { name: 'f', arguments: city } }] } }] })}\n\n`;
    expect(
      hear(readAll('openai-chat', 'text/event-stream', [Buffer.from(chunk('a', '{"x":1}') + chunk('b', '{"x":2}'))]))
        .calls,
    ).toEqual([call('a', 'f', '{"x":1}'), call('b', 'f', '{"x":2}')]);
  });
});

it('Responses: the frames of a WebSocket read like the events of a stream', () => {
  for (const file of ['stream-text.sse', 'stream-tools.sse', 'stream-usage.sse', 'stream-error.sse']) {
    const text = fixture('openai-responses', file).toString();
    const frames = text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [Buffer.from(line.slice(6))] : []));
    expect(readAll('openai-responses', 'application/json', frames)).toEqual(
      readAll('openai-responses', 'text/event-stream', [Buffer.from(text)]),
    );
  }
});

describe('usage', () => {
  const json = (name: DialectName, value: unknown): ReplyItem[] =>
    readAll(name, 'application/json', [Buffer.from(JSON.stringify(value))]);
  const fresh = { cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 };

  it('Anthropic: a compaction and an advisor are billed beside the reply, the advisor at its own model', () => {
    const spent = (type: string, input_tokens: number, more = {}) => ({
      type,
      input_tokens,
      output_tokens: 7,
      ...more,
    });
    const advisor = spent('advisor_message', 40, { model: 'claude-opus-5-5', cache_read_input_tokens: 2 });
    const iterations = [spent('compaction', 30), spent('message', 10), advisor, spent('message', 12)];
    const items = json('anthropic-messages', {
      type: 'message',
      content: [],
      usage: { input_tokens: 22, output_tokens: 14, iterations },
    });
    expect(items.find(({ type }) => type === 'usage')).toEqual({
      type: 'usage',
      usage: { ...fresh, input: 22, output: 14 },
      only: false,
      aside: [
        { model: '', usage: { ...fresh, input: 30, output: 7 } },
        { model: 'claude-opus-5-5', usage: { ...fresh, input: 42, cachedInput: 2, output: 7 } },
      ],
    });
  });

  it('Anthropic: a count of tokens is no use of them', () => {
    expect(json('anthropic-messages', { input_tokens: 14 })).toEqual([]);
  });

  it('Chat: servers that tell what was cached beside the details, or usage in a field of their own', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2 };
    const expected = { ...fresh, input: 10, cachedInput: 6, output: 2 };
    const choices = [{ index: 0, delta: {} }];
    for (const body of [
      { choices, usage: { ...usage, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 } },
      { choices, usage: { ...usage, cached_tokens: 6 } },
      { choices, x_groq: { usage: { ...usage, prompt_tokens_details: { cached_tokens: 6 } } } },
    ])
      expect(json('openai-chat', body)).toEqual([{ type: 'usage', usage: expected, only: false }]);
  });
});
