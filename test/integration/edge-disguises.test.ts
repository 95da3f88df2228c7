/** What a policy forbids, under content types, paths and shapes that one side says are something else. */
import { errors, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { edgeWith } from '../harness/edge-with.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { reply, type Script } from '../harness/upstream.ts';

const BAD = 'forbidden words';
const POLICY = {
  ...noLadder,
  rules: [
    rule('words', 'block', BAD, { target: 'both', description: 'House rules' }),
    { name: 'calls', type: 'tool', tools: ['evil_*'], action: 'block' },
  ],
};
const under = (script?: Script) => edgeWith(script, { snapshot: { policies: [policyEntry(POLICY)] } as never });

interface Sent {
  readonly path?: string;
  readonly type?: string;
  readonly body: string | Buffer;
}

async function send(url: string, { path = '/v1/chat/completions', type = 'application/json', body }: Sent) {
  const headers = { ...(type === '' ? {} : { 'content-type': type }), 'x-session-id': 's1' };
  let status = 0;
  let text = '';
  try {
    const got = await request(`${url}${path}`, { method: 'POST', headers, body });
    status = got.statusCode;
    for await (const piece of got.body) text += String(piece);
  } catch (error) {
    // Where the wire has no native end the connection is cut.
    if (!(error instanceof errors.SocketError)) throw error;
  }
  return { status, text };
}

const chat = (message: object, more: object = {}): string =>
  JSON.stringify({ model: 'm', messages: [message], ...more });
const asked = chat({ role: 'user', content: BAD });
const part = (fields: object): string => chat({ role: 'user', content: [fields] });
const escaped = asked.replace('forb', '\\u0066orb');

describe('a request does not reach the provider', () => {
  it.each<[string, Sent]>([
    ['as sound, where a server does not ask for the type', { path: '/api/chat', type: 'audio/wav', body: asked }],
    ['as a form of parts', { path: '/api/generate', type: 'multipart/form-data; boundary=x', body: asked }],
    [
      'as sound, on a path that servers read as another',
      { path: '/files/../api/chat', type: 'audio/wav', body: asked },
    ],
    ['with something behind it', { path: '/api/chat', type: 'text/plain', body: `${escaped} x` }],
    ['with a number that is none', { path: '/v1/completions', type: '', body: `{"prompt":"${BAD}","t":NaN}` }],
    ['in UTF-16', { path: '/v1/completions', type: '', body: Buffer.from(`{"prompt":"${BAD}"}`, 'utf16le') }],
    ['as plain text', { path: '/v1/completions', type: 'text/plain', body: BAD }],
    ['as lines of another name', { path: '/api/x', type: 'application/octet-stream', body: `{"a":1}\n${escaped}` }],
    ['beside a picture', { body: part({ type: 'image_url', image_url: { url: 'https://a/b' }, text: BAD }) }],
    ['in a field of a text part that is not its own', { body: part({ type: 'text', text: 'a', content: BAD }) }],
    [
      'in a tool that is two tools',
      {
        body: chat(
          { role: 'user', content: 'a' },
          { tools: [{ type: 'function', custom: {}, function: { name: 'a', description: BAD } }] },
        ),
      },
    ],
  ])('%s', async (_, sent) => {
    const bench = await under();
    expect((await send(bench.edge.url, sent)).status).toBeGreaterThanOrEqual(400);
    expect(bench.upstream.requests).toHaveLength(0);
  });

  it.each<[string, Sent]>([
    ['an upload', { path: '/v1/audio/transcriptions', type: 'multipart/form-data; boundary=x', body: '--x--\r\n' }],
    ['bytes', { path: '/upload', type: 'application/octet-stream', body: Buffer.from([0xff, 0, 1, 2, 0x7b]) }],
    ['text', { path: '/v1/completions', type: 'text/plain', body: 'harmless' }],
  ])('but %s does, unchanged', async (_, sent) => {
    const bench = await under();
    expect((await send(bench.edge.url, sent)).status).toBe(200);
    expect(bench.upstream.requests[0]?.body).toEqual(Buffer.from(sent.body));
  });
});

const JSON_TYPE = 'application/json';
const EVENTS = 'text/event-stream';
const answer = (choice: object): string => JSON.stringify({ id: 'c', choices: [{ index: 0, ...choice }] });
const said = (content: string): string => answer({ message: { role: 'assistant', content } });
const delta = (fields: object): string => answer({ delta: fields });
const events = (...data: string[]): string => [...data, '[DONE]'].map((one) => `data: ${one}\n\n`).join('');
const torn = events(delta({ content: BAD.slice(0, 7) }), delta({ content: BAD.slice(7) }));
const call = (fields: object): string =>
  answer({ message: { tool_calls: [{ id: 'a', type: 'function', ...fields }] } });
const escapedReply = said(BAD).replace('forb', '\\u0066orb');
const messages = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

interface Answer {
  readonly path?: string;
  readonly stream?: boolean;
  readonly status?: number;
  readonly type: string;
  readonly body: string | Buffer;
}

describe('a reply does not reach the caller', () => {
  it.each<[string, Answer]>([
    ['JSON as a page', { type: 'text/html', body: said(BAD) }],
    ['JSON as sound', { type: 'audio/wav', body: said(BAD) }],
    ['JSON as an event stream', { type: EVENTS, body: said(BAD) }],
    ['events as JSON', { stream: true, type: JSON_TYPE, body: torn }],
    ['events as a page', { stream: true, type: 'text/html', body: torn }],
    ['events as lines', { stream: true, type: 'application/x-ndjson', body: torn }],
    ['a byte order mark in front', { type: JSON_TYPE, body: `\ufeff${escapedReply}` }],
    ['a number that is none', { type: JSON_TYPE, body: escapedReply.replace('"c"', 'NaN') }],
    ['an event with a number that is none', { stream: true, type: EVENTS, body: torn.replaceAll('"c"', 'NaN') }],
    ['UTF-16', { type: JSON_TYPE, body: Buffer.from(said(BAD), 'utf16le') }],
    ['something behind it', { type: JSON_TYPE, body: `${escapedReply} x` }],
    ['a message beside a delta', { type: JSON_TYPE, body: answer({ delta: {}, message: { content: BAD } }) }],
    ['an error of a stream', { stream: true, type: EVENTS, body: events(JSON.stringify({ error: { message: BAD } })) }],
    ['an error', { status: 400, type: JSON_TYPE, body: JSON.stringify({ error: { message: BAD } }) }],
    ['a page of an error', { status: 502, type: 'text/html', body: `<p>${BAD}` }],
    [
      'an error of Messages',
      { path: '/v1/messages', stream: true, type: EVENTS, body: messages({ type: 'error', error: { message: BAD } }) },
    ],
    [
      'a field of another delta',
      {
        ...{ path: '/v1/messages', stream: true, type: EVENTS },
        body: messages({ type: 'content_block_delta', delta: { type: 'text_delta', text: '', thinking: BAD } }),
      },
    ],
    [
      'the sum of the texts',
      {
        ...{ path: '/v1/responses', type: JSON_TYPE },
        body: JSON.stringify({ object: 'response', status: 'completed', output: [], output_text: BAD }),
      },
    ],
    ['plain text of an unknown wire', { path: '/api/chat', type: 'text/plain', body: `{"message":"${BAD}"}\n` }],
  ])('%s', async (_, { path, stream = false, status = 200, type, body }) => {
    const head = `HTTP/1.1 ${status} X\r\ncontent-type: ${type}`;
    const bench = await under(({ socket }) => void socket.write(reply(body, head)));
    const sent = chat({ role: 'user', content: 'hi' }, { stream, input: 'hi' });
    const got = await send(bench.edge.url, { ...(path === undefined ? {} : { path }), body: sent });
    const text = got.text.replaceAll('\\u0066', 'f').replaceAll('\0', '');
    expect(text).not.toContain(BAD);
    expect(text).not.toContain(BAD.slice(7));
    // An error stays one.
    if (status >= 400) expect([got.status, got.text]).toEqual([status, expect.stringContaining('policy_blocked')]);
  });

  const evil = { name: 'evil_tool', arguments: '{}' };
  it.each<[string, Answer]>([
    ['two in one', { type: JSON_TYPE, body: call({ custom: { name: 'good', input: '' }, function: evil }) }],
    [
      'beside a delta',
      { type: JSON_TYPE, body: call({ function: evil }).replace('"message"', '"delta":{},"message"') },
    ],
    [
      'whose name comes in pieces',
      {
        ...{ stream: true, type: EVENTS },
        body: events(
          delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'ev', arguments: '' } }] }),
          delta({ tool_calls: [{ index: 0, function: { name: 'il_tool', arguments: '{}' } }] }),
        ),
      },
    ],
    [
      'with another name at its end',
      {
        ...{ path: '/v1/responses', stream: true, type: EVENTS },
        body:
          messages({
            type: 'response.output_item.added',
            item: { type: 'function_call', call_id: 'a', name: 'good' },
          }) +
          messages({
            type: 'response.output_item.done',
            item: { type: 'function_call', call_id: 'a', name: 'evil_tool', arguments: '{}' },
          }),
      },
    ],
    [
      'of a path that its server reads as another',
      {
        ...{ path: '/v1/%63hat//completions/', stream: true, type: EVENTS },
        body: events(delta({ tool_calls: [{ index: 0, id: 'a', function: evil }] })),
      },
    ],
  ])('a call %s', async (_, { path, stream = false, type, body }) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}`;
    const bench = await under(({ socket }) => void socket.write(reply(body, head)));
    const sent = chat({ role: 'user', content: 'hi' }, { stream, input: 'hi' });
    const got = await send(bench.edge.url, { ...(path === undefined ? {} : { path }), body: sent });
    expect(got.text).not.toContain('il_tool');
  });
});
