/** The dialect matrix through a real edge: every fixture arrives as it was sent, and the official SDKs hear what the readers hear. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DIALECTS, type ReplyItem, type TextKind } from '@elida/dialects';
import { fixturesOf, MATRIX, type MatrixFixture } from '@elida/dialects/matrix';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { backend, startTestEdge, type TestEdge } from '../harness/edge.ts';
import { chatUsage, type SdkMode, type SdkWire, sdkReplies } from '../harness/sdk-replies.ts';

const FIXTURES = fixturesOf(MATRIX);
const PATHS = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  openai: '/v1/completions',
  plain: '/anything/else',
} as const;

const fixture = ({ dialect, file }: MatrixFixture): Buffer =>
  readFileSync(new URL(`../../libs/dialects/src/${dialect}/fixtures/${file}`, import.meta.url));

function typeOf(file: string): string {
  if (file.endsWith('.sse')) return 'text/event-stream; charset=utf-8';
  return file.endsWith('.ndjson') ? 'application/x-ndjson' : 'application/json';
}

const isSdkWire = (name: string): name is SdkWire => name !== 'openai' && name !== 'plain';

let server: Server;
let upstream: string;
let edge: TestEdge;
let reply: { status: number; type: string; body: Uint8Array };

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  edge = await startTestEdge({ snapshot: { backends: [backend(upstream)] } });
});
afterAll(async () => {
  await edge?.close();
  server?.close();
});

/** An error that comes whole comes with its status. */
function serve(cell: MatrixFixture): Buffer {
  const body = fixture(cell);
  reply = { status: cell.aspect === 'error' && cell.mode === 'json' ? 429 : 200, type: typeOf(cell.file), body };
  return body;
}

function itemsOf({ dialect, file }: MatrixFixture, body: Uint8Array): ReplyItem[] {
  const reader = DIALECTS[dialect].readReply(typeOf(file));
  return [...(reader?.read(body).flatMap(({ items }) => items) ?? []), ...(reader?.end() ?? [])];
}

/** Texts of these kinds as one, in the order of their places. */
function heard(items: readonly ReplyItem[], ...kinds: readonly TextKind[]): string {
  const texts = new Map<string, string>();
  for (const item of items) {
    if (item.type !== 'text' || item.repeats || !kinds.includes(item.kind)) continue;
    const place = `${String(item.index).padStart(4)} ${item.part}`;
    texts.set(place, `${texts.get(place) ?? ''}${item.text}`);
  }
  return [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text)
    .join('');
}

const usageOf = (items: readonly ReplyItem[]) => items.findLast((item) => item.type === 'usage')?.usage ?? null;
/** Of several choices: that of the last. A response that has only begun has its state. */
const finishOf = (items: readonly ReplyItem[]): string =>
  items
    .flatMap((item) => (item.type === 'finish' ? [item] : []))
    .sort((a, b) => a.index - b.index)
    .at(-1)?.native ?? 'queued';
const errorOf = (items: readonly ReplyItem[]) => items.find((item) => item.type === 'error')?.message ?? '';

/** What the SDKs show as calls: the client's own, and Anthropic's servers'. Arguments by meaning. */
const callsOf = (dialect: string, items: readonly ReplyItem[]) =>
  items.flatMap((item) => {
    if (item.type !== 'tool_call') return [];
    const { id, name, kind, arguments: text } = item.call;
    const isShown = dialect === 'anthropic-messages' || kind === 'function' || kind === 'custom';
    return isShown ? [{ id, name, arguments: text.startsWith('{') ? JSON.parse(text) : text }] : [];
  });

async function throughEdge(cell: MatrixFixture, more: object): Promise<Response> {
  return fetch(`${edge.url}${PATHS[cell.dialect]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: cell.mode === 'stream', ...more }),
  });
}

it.each(FIXTURES.map((cell) => [cell.dialect, cell.file, cell] as const))(
  '%s %s: every byte arrives as it was sent',
  async (_dialect, _file, cell) => {
    const body = serve(cell);
    const through = await throughEdge(cell, { stream_options: { include_usage: true } });
    expect(through.status).toBe(reply.status);
    expect(through.headers.get('content-type')).toBe(reply.type);
    expect(Buffer.from(await through.arrayBuffer()).equals(body)).toBe(true);
  },
);

it('a client that asked for no usage gets the stream as it would have been without', async () => {
  for (const file of ['stream-usage.sse', 'stream-asked-usage.sse', 'stream-text.sse']) {
    const cell = FIXTURES.find((one) => one.dialect === 'openai-chat' && one.file === file) as MatrixFixture;
    const body = serve(cell).toString();
    const unasked = body.replace(/data: \{[^\n]*"choices":\[\][^\n]*\n\n/, '').replaceAll(',"usage":null', '');
    expect(await (await throughEdge(cell, {})).text()).toBe(unasked);
  }
});

const SDK_CELLS = FIXTURES.flatMap((cell) => (isSdkWire(cell.dialect) ? [{ ...cell, dialect: cell.dialect }] : []));

describe('the SDK hears what the reader hears', () => {
  it.each(SDK_CELLS.filter(({ aspect }) => aspect !== 'error').map((cell) => [cell.dialect, cell.file, cell] as const))(
    '%s %s',
    async (dialect, _, cell) => {
      const items = itemsOf(cell, serve(cell));
      const said = await sdkReplies(edge.url)[dialect][cell.mode as SdkMode]();
      expect({ ...said, calls: callsOf(dialect, asItems(said.calls)) }).toEqual({
        text: heard(items, 'text', 'transcript'),
        reasoning: reasoningOf(items),
        refusal: heard(items, 'refusal'),
        calls: callsOf(dialect, items),
        usage: usageOf(items),
        finish: finishOf(items),
      });
    },
  );

  it.each(SDK_CELLS.filter(({ aspect }) => aspect === 'error').map((cell) => [cell.dialect, cell.file, cell] as const))(
    '%s %s',
    async (dialect, _, cell) => {
      const items = itemsOf(cell, serve(cell));
      const failure = await sdkReplies(edge.url)
        [dialect][cell.mode as SdkMode]()
        .then(
          // A response that has failed is one, with its error in it.
          (said) => said.finish,
          (error: unknown) => String(error),
        );
      const isFailedResponse = dialect === 'openai-responses' && cell.mode === 'stream';
      const code = items.find((item) => item.type === 'error')?.code ?? '';
      expect(errorOf(items)).not.toBe('');
      expect(failure).toContain(isFailedResponse ? code : errorOf(items));
    },
  );
});

it.each(SDK_CELLS.filter(({ aspect }) => aspect === 'usage').map((cell) => [cell.dialect, cell.file, cell] as const))(
  '%s %s: what the edge has metered is what the SDK tells its user',
  async (dialect, _, cell) => {
    serve(cell);
    const own = await startTestEdge({ snapshot: { backends: [backend(upstream)] } });
    onTestFinished(() => own.close());
    const { usage } = await sdkReplies(own.url)[dialect][cell.mode as SdkMode]();
    // What was billed beside the reply is an event of its own, which no SDK tells of.
    const metered = () =>
      own.events().flatMap(({ type, data }) => (type === 'tokens_used' && data.aside !== true ? [data] : []));
    await expect.poll(() => metered().length).toBe(1);
    expect(metered()[0]).toMatchObject({
      estimated: false,
      input_tokens: usage?.input,
      cached_input_tokens: usage?.cachedInput,
      cache_write_input_tokens: usage?.cacheWriteInput,
      output_tokens: usage?.output,
      reasoning_output_tokens: usage?.reasoningOutput,
    });
  },
);

const asItems = (calls: readonly { id: string; name: string; arguments: string }[]): ReplyItem[] =>
  calls.map((call) => ({
    ...{ type: 'tool_call', index: 0, part: 0, path: null, truncated: false },
    call: { ...call, namespace: '', kind: 'function' },
  }));

/** Servers say it in one field or in several; once is enough. */
function reasoningOf(items: readonly ReplyItem[]): string {
  const isTwice = items.some((item) => item.type === 'text' && item.kind === 'reasoning' && item.part === 2);
  const once = isTwice ? items.filter((item) => item.type !== 'text' || item.part !== 2) : items;
  return heard(once, 'reasoning', 'reasoning_summary');
}

describe('further endpoints: the SDK hears what the reader hears', () => {
  const cellOf = (file: string): MatrixFixture =>
    FIXTURES.find((cell) => cell.dialect === 'openai' && cell.file === file) as MatrixFixture;
  const client = () => new OpenAI({ baseURL: `${edge.url}/v1`, apiKey: 'k', maxRetries: 0 });
  const asked = { model: 'm', prompt: 'Tell' };
  const shown = [
    'json-completion.json',
    'stream-completion.sse',
    'json-embedding.json',
    'json-error.json',
    'stream-error.sse',
  ];

  it('no cell is left out', () => {
    expect(
      FIXTURES.filter(({ dialect }) => dialect === 'openai')
        .map(({ file }) => file)
        .sort(),
    ).toEqual(shown.sort());
  });

  it('openai json-completion.json', async () => {
    const cell = cellOf('json-completion.json');
    const items = itemsOf(cell, serve(cell));
    const { choices, usage } = await client().completions.create(asked);
    expect(choices.map(({ text }) => text).join('')).toBe(heard(items, 'text'));
    expect(chatUsage(usage)).toEqual(usageOf(items));
  });

  it('openai stream-completion.sse', async () => {
    const cell = cellOf('stream-completion.sse');
    const items = itemsOf(cell, serve(cell));
    let text = '';
    let usage = null;
    const stream = { ...asked, stream: true as const, stream_options: { include_usage: true } };
    for await (const chunk of await client().completions.create(stream)) {
      text += chunk.choices[0]?.text ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(heard(items, 'text'));
    expect(chatUsage(usage)).toEqual(usageOf(items));
  });

  it('openai json-embedding.json', async () => {
    const cell = cellOf('json-embedding.json');
    const items = itemsOf(cell, serve(cell));
    const { usage, data } = await client().embeddings.create({ model: 'm', input: 'a' });
    expect(data).toHaveLength(1);
    expect(usage.prompt_tokens).toBe(usageOf(items)?.input);
  });

  it.each(['json-error.json', 'stream-error.sse'])('openai %s', async (file) => {
    const cell = cellOf(file);
    const items = itemsOf(cell, serve(cell));
    const read = async (): Promise<void> => {
      if (cell.mode === 'json') await client().completions.create(asked);
      else for await (const chunk of await client().completions.create({ ...asked, stream: true })) void chunk;
    };
    await expect(read()).rejects.toThrow(errorOf(items));
  });
});
