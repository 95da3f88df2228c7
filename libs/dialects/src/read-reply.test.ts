import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { DialectName } from './dialect.ts';
import { call, fixture, hear, readAll } from './fixtures/heard.ts';
import type { ReplyItem } from './reply.ts';

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
