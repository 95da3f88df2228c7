import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { DialectName } from './dialect.ts';
import type { ReplyItem } from './reply.ts';

const SSE = 'text/event-stream';
const REASON = 'ELIDA: the reply holds a secret';
const NAMES = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;
const FILES = ['stream-text.sse', 'stream-tools.sse', 'stream-reasoning.sse', 'stream-usage.sse'] as const;

/** The stream with `count` events released, then ended. */
function cutAfter(name: DialectName, file: string, count: number): { all: Buffer; end: string; of: number } {
  const bytes = readFileSync(new URL(`./${name}/fixtures/${file}`, import.meta.url));
  const events = DIALECTS[name].readReply(SSE)?.read(bytes) ?? [];
  const ending = DIALECTS[name].endByPolicy(SSE, 'exc_1');
  for (const event of events.slice(0, count)) ending?.released(event);
  const end = Buffer.from(ending?.end(REASON) ?? '');
  const head = bytes.subarray(0, count === 0 ? 0 : events[count - 1]?.end);
  return { all: Buffer.concat([head, end]), end: end.toString(), of: events.length };
}

function itemsOf(name: DialectName, bytes: Uint8Array): readonly ReplyItem[] {
  const reader = DIALECTS[name].readReply(SSE);
  return reader?.read(bytes).flatMap(({ items }) => items) ?? [];
}

describe('a reply that a rule stops ends as an answer of its wire ends', () => {
  it('Anthropic: an open text goes on with the reason and ends its turn', () => {
    expect(cutAfter('anthropic-messages', 'stream-text.sse', 4).end).toBe(
      [
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\n\\nELIDA: the reply holds a secret"}}\n\n',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ].join(''),
    );
  });

  it('Chat: the reason, content_filter, [DONE], under the id of the stream', () => {
    expect(cutAfter('openai-chat', 'stream-text.sse', 2).end).toBe(
      [
        'data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1764000000,"model":"gpt-5.5","choices":[{"index":0,"delta":{"content":"\\n\\nELIDA: the reply holds a secret"},"logprobs":null,"finish_reason":null}]}\n\n',
        'data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1764000000,"model":"gpt-5.5","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"content_filter"}]}\n\n',
        'data: [DONE]\n\n',
      ].join(''),
    );
  });

  it('Chat: every choice that is open ends, and none twice', () => {
    const { all, of } = cutAfter('openai-chat', 'stream-two-choices.sse', 6);
    expect(of).toBe(8);
    const finishes = itemsOf('openai-chat', all).filter((item) => item.type === 'finish');
    expect(finishes.map(({ index, native }) => [index, native])).toEqual([
      [1, 'length'],
      [0, 'content_filter'],
    ]);
  });

  it('Responses: response.failed with invalid_prompt, the next sequence number, and the response as it was begun', () => {
    const { end } = cutAfter('openai-responses', 'stream-text.sse', 5);
    expect(end.startsWith('event: response.failed\ndata: ')).toBe(true);
    expect(JSON.parse(end.split('data: ')[1] ?? '')).toMatchObject({
      type: 'response.failed',
      sequence_number: 5,
      response: { id: 'resp_7', status: 'failed', error: { code: 'invalid_prompt', message: REASON } },
    });
  });

  describe.each(NAMES)('%s', (name) => {
    it.each(FILES)(
      '%s: behind every event the reader finds one end, and the reason where the reply was not over',
      (file) => {
        const { of } = cutAfter(name, file, 0);
        for (let count = 0; count <= of; count++) {
          const { all, end } = cutAfter(name, file, count);
          const items = itemsOf(name, all);
          const finishes = items.filter((item) => item.type === 'finish');
          expect(finishes).toHaveLength(1);
          const before = itemsOf(name, all.subarray(0, all.length - Buffer.byteLength(end)));
          const wasOver = before.some((item) => item.type === 'finish');
          expect(end.includes(REASON)).toBe(!wasOver);
          expect(items.some((item) => item.type === 'unread')).toBe(false);
        }
      },
    );
  });

  it('Anthropic: blocks begin and end one after the other, whatever was open', () => {
    for (const file of FILES) {
      const { of } = cutAfter('anthropic-messages', file, 0);
      for (let count = 0; count <= of; count++) {
        const { all } = cutAfter('anthropic-messages', file, count);
        let open: number | null = null;
        let next = 0;
        const types: string[] = [];
        for (const line of all.toString().split(/\r?\n/)) {
          if (!line.startsWith('data: ')) continue;
          const event = JSON.parse(line.slice(6)) as { type: string; index: number };
          types.push(event.type);
          if (event.type === 'content_block_start') {
            expect([open, event.index]).toEqual([null, next++]);
            open = event.index;
          } else if (event.type === 'content_block_delta') expect(event.index).toBe(open);
          else if (event.type === 'content_block_stop') {
            expect(event.index).toBe(open);
            open = null;
          } else if (event.type === 'message_delta') expect(open).toBeNull();
        }
        expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop']);
        expect(types.filter((type) => type === 'message_delta')).toHaveLength(1);
      }
    }
  });

  it('legacy completions: the reason as text of the choice', () => {
    const { end } = cutAfter('openai', 'stream-completion.sse', 1);
    expect(end).toBe(
      'data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"\\n\\nELIDA: the reply holds a secret","logprobs":null,"finish_reason":"content_filter"}]}\n\ndata: [DONE]\n\n',
    );
    const blocked = DIALECTS.openai.blockedReply({ object: 'text_completion', choices: [{ text: 'x' }] }, REASON, 'r');
    expect(JSON.parse(blocked)).toMatchObject({ choices: [{ text: REASON, finish_reason: 'content_filter' }] });
  });

  it('a plain wire ends with an error event or line; bytes have no end of their own', () => {
    expect(Buffer.from(DIALECTS.plain.endByPolicy(SSE, 'r')?.end('no') ?? '').toString()).toBe(
      'event: error\ndata: {"error":"blocked","message":"no","request_id":"r"}\n\n',
    );
    for (const dialect of Object.values(DIALECTS)) expect(dialect.endByPolicy('audio/mpeg', 'r')).toBeNull();
  });
});

describe('a body in place of a stopped one', () => {
  const body = (name: DialectName): unknown =>
    JSON.parse(readFileSync(new URL(`./${name}/fixtures/json-usage.json`, import.meta.url), 'utf8'));

  it('keeps id, model and what was spent, and says nothing of what was said', () => {
    for (const name of NAMES) {
      const blocked = DIALECTS[name].blockedReply(body(name), REASON, 'exc_1');
      expect(blocked).not.toContain('Hi');
      const items = DIALECTS[name]
        .readReply('application/json')
        ?.read(Buffer.from(blocked))
        .flatMap(({ items }) => items);
      const before = DIALECTS[name].readReply('application/json')?.read(Buffer.from(JSON.stringify(body(name))));
      expect(items?.find(({ type }) => type === 'begin')).toEqual(
        before?.flatMap((event) => event.items).find(({ type }) => type === 'begin'),
      );
      expect(items?.find(({ type }) => type === 'usage')).toEqual(
        before?.flatMap((event) => event.items).find(({ type }) => type === 'usage'),
      );
      expect(blocked).toContain(REASON);
    }
  });

  it.each([
    ['openai-chat', 'content_filter'],
    ['anthropic-messages', 'stop'],
    ['openai-responses', 'error'],
  ] as const)('%s ends with %s', (name, reason) => {
    const blocked = DIALECTS[name].blockedReply(body(name), REASON, 'exc_1');
    const items = DIALECTS[name]
      .readReply('application/json')
      ?.read(Buffer.from(blocked))
      .flatMap(({ items }) => items);
    expect(items?.find(({ type }) => type === 'finish')).toMatchObject({ reason });
  });
});
