/** What the readers hear in a reply is what the official SDKs give their users: as it came, edited, and stopped by a rule. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DIALECTS, editEvent, type ReplyEvent, type ReplyItem, type ToolCall } from '@elida/dialects';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sdkReplies } from '../harness/sdk-replies.ts';

const NAMES = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;
type Name = (typeof NAMES)[number];
const CELLS = ['text', 'tools', 'reasoning', 'usage'] as const;
const REASON = 'ELIDA: the reply holds a secret';

const fixture = (name: Name, file: string): Buffer =>
  readFileSync(new URL(`../../libs/dialects/src/${name}/fixtures/${file}`, import.meta.url));

let server: Server;
let url: string;
let reply: { type: string; body: Uint8Array };

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': reply.type }).end(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const messages = [{ role: 'user' as const, content: 'hi' }];
const sdk = () => sdkReplies(url);

const typeOf = (mode: 'json' | 'stream'): string => (mode === 'json' ? 'application/json' : 'text/event-stream');
const fileOf = (mode: 'json' | 'stream', cell: string): string =>
  mode === 'json' ? `json-${cell}.json` : `stream-${cell}.sse`;

function eventsOf(
  name: Name,
  mode: 'json' | 'stream',
  bytes: Uint8Array,
): { events: readonly ReplyEvent[]; items: ReplyItem[] } {
  const reader = DIALECTS[name].readReply(typeOf(mode));
  const events = reader?.read(bytes) ?? [];
  return { events, items: [...events.flatMap(({ items }) => items), ...(reader?.end() ?? [])] };
}

/** Arguments by meaning: the SDKs parse Anthropic's. Calls of servers' tools are not among the client's. */
const sameCalls = (calls: readonly Pick<ToolCall, 'id' | 'name' | 'arguments'>[]) =>
  calls.map(({ id, name, arguments: text }) => [id, name, text.startsWith('{') ? JSON.parse(text) : text]);

describe.each(NAMES)('%s', (name) => {
  describe.each(['json', 'stream'] as const)('%s', (mode) => {
    it.each(CELLS)('%s: the SDK says what the reader heard', async (cell) => {
      const body = fixture(name, fileOf(mode, cell));
      reply = { type: typeOf(mode), body };
      const said = await sdk()[name][mode]();
      const { items } = eventsOf(name, mode, body);
      const texts = items.filter((item) => item.type === 'text');
      expect(said.text).toBe(texts.map((item) => (item.kind === 'text' && !item.repeats ? item.text : '')).join(''));
      const calls = items.flatMap((item) => (item.type === 'tool_call' ? [item.call] : []));
      const own = name === 'openai-responses' ? calls.filter(({ kind }) => kind !== 'web_search') : calls;
      expect(sameCalls(said.calls)).toEqual(sameCalls(own));
      expect(said.usage).toEqual(items.findLast((item) => item.type === 'usage')?.usage ?? null);
    });

    it.each(CELLS)('%s: texts that were edited in place arrive edited', async (cell) => {
      const bytes = fixture(name, fileOf(mode, cell));
      const { events } = eventsOf(name, mode, bytes);
      const mark = 'redacted „x“ \\ "y"\n👋';
      const edited = events.map((event) =>
        editEvent(
          bytes,
          event,
          event.items.flatMap((item) =>
            item.type === 'text' && item.kind === 'text' && item.path !== null
              ? [{ path: item.path, inner: null, text: mark }]
              : [],
          ),
        ),
      );
      expect(edited).not.toContain(null);
      reply = { type: typeOf(mode), body: Buffer.concat(edited.flatMap((part) => (part === null ? [] : [part]))) };
      const said = await sdk()[name][mode]();
      expect(said.text.replaceAll(mark, '')).toBe('');
      if (cell !== 'tools') expect(said.text).toContain(mark);
    });
  });

  it('a stream that a rule stops, behind every event: the SDK ends without an exception, with the reason', async () => {
    for (const cell of CELLS) {
      const bytes = fixture(name, `stream-${cell}.sse`);
      const { events } = eventsOf(name, 'stream', bytes);
      for (let count = 0; count < events.length; count++) {
        const ending = DIALECTS[name].endByPolicy('text/event-stream', 'exc_1');
        for (const event of events.slice(0, count)) ending?.released(event);
        const end = Buffer.from(ending?.end(REASON) ?? '');
        reply = {
          type: 'text/event-stream',
          body: Buffer.concat([bytes.subarray(0, events[count - 1]?.end ?? 0), end]),
        };
        const said = await sdk()[name].stream();
        if (!end.includes(REASON)) continue;
        if (name === 'openai-responses') expect(said.finish).toBe('invalid_prompt');
        else expect(said.text.endsWith(REASON)).toBe(true);
        if (name === 'openai-chat') expect(said.finish).toBe('content_filter');
        if (name === 'anthropic-messages') expect(said.finish).toBe('end_turn');
      }
    }
  });

  it('a body that a rule stopped is a body that the SDK reads', async () => {
    const body = DIALECTS[name].blockedReply(JSON.parse(fixture(name, 'json-usage.json').toString()), REASON, 'exc_1');
    reply = { type: 'application/json', body: Buffer.from(body) };
    const said = await sdk()[name].json();
    expect(said.usage?.output).toBe(80);
    if (name === 'openai-responses') expect(said.finish).toBe('invalid_prompt');
    else expect(said.text).toBe(REASON);
  });
});

it('the helpers of the SDKs fold a stopped stream into a message, too', async () => {
  const bytes = fixture('openai-chat', 'stream-text.sse');
  const { events } = eventsOf('openai-chat', 'stream', bytes);
  const ending = DIALECTS['openai-chat'].endByPolicy('text/event-stream', 'exc_1');
  for (const event of events.slice(0, 3)) ending?.released(event);
  const end = ending?.end(REASON) ?? new Uint8Array();
  reply = { type: 'text/event-stream', body: Buffer.concat([bytes.subarray(0, events[2]?.end), end]) };
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });
  const stream = client.chat.completions.stream({ model: 'm', messages });
  const seen: string[] = [];
  stream.on('content', (delta) => seen.push(delta));
  const whole = await stream.finalChatCompletion();
  expect(whole.choices[0]?.message.content).toContain(REASON);
  expect(seen.join('')).toContain(REASON);
});
