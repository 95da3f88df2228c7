/** What the dialects say when they refuse or cut, as the official SDKs read it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { FAULTS, type FaultCode } from '@elida/contracts';
import { detect, type Refusal } from '@elida/dialects';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const MESSAGE = 'ELIDA: stopped by the security team';
const refusal = (code: FaultCode): Refusal => ({ code, message: MESSAGE, requestId: 'exc_abc' });

/** Begins of streams as the providers write them. */
const BEGUN: Readonly<Record<string, string>> = {
  'openai-chat':
    'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"one "},"finish_reason":null}]}\n\n',
  'anthropic-messages':
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one "}}\n\n',
  'openai-responses':
    'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"m","output":[],"tools":[],"tool_choice":"auto","parallel_tool_calls":true}}\n\nevent: response.output_item.added\ndata: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}\n\n',
};

let server: Server;
let url: string;
let requests = 0;
let refuseWith: FaultCode = 'session_killed';
let inStream = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    const dialect = detect(request.method ?? '', request.url ?? '', request.headers);
    if (!inStream) {
      const { status, headers, body } = dialect.nativeError(refusal(refuseWith));
      response.writeHead(status, headers).end(body);
      return;
    }
    const follower = dialect.followStream('text/event-stream');
    const begun = Buffer.from(BEGUN[dialect.name] ?? '');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(begun);
    follower?.released(begun);
    response.end(follower?.end(refusal(refuseWith)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  requests = 0;
  inStream = false;
});

// The SDKs' own retries are on: a decision must not be asked for twice.
const openai = () => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 2 });
const anthropic = () => new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 2 });
const said = [{ role: 'user' as const, content: 'hi' }];

const CALLS = {
  'openai-chat': (stream: boolean) => openai().chat.completions.create({ model: 'm', messages: said, stream }),
  'openai-responses': (stream: boolean) => openai().responses.create({ model: 'm', input: 'hi', stream }),
  'anthropic-messages': (stream: boolean) =>
    anthropic().messages.create({ model: 'm', max_tokens: 9, messages: said, stream }),
} as const;
const NAMES = Object.keys(CALLS) as (keyof typeof CALLS)[];

const failureOf = async (call: PromiseLike<unknown>): Promise<Record<string, unknown>> => {
  try {
    await call;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('it was not refused');
};

describe.each(NAMES)('%s', (name) => {
  const FINAL = (Object.keys(FAULTS) as FaultCode[]).filter((code) => !FAULTS[code].retry);

  it('every final refusal is one request, with status, reason, and request id', async () => {
    for (const code of FINAL) {
      refuseWith = code;
      requests = 0;
      const error = await failureOf(CALLS[name](false));
      expect([code, requests]).toEqual([code, 1]);
      expect(error.message).toContain(MESSAGE);
      expect(error.requestID).toBe('exc_abc');
      const isFinalPolicy = FAULTS[code].blame === 'policy' && FAULTS[code].status === 403;
      expect(error.status).toBe(name === 'openai-responses' && isFinalPolicy ? 400 : FAULTS[code].status);
    }
  });

  it('a failure that can pass is asked for again', async () => {
    refuseWith = 'upstream_connect_failed';
    await failureOf(CALLS[name](false));
    expect(requests).toBe(3);
  });

  it('a kill in mid-stream is read by the SDK, after what came before it', async () => {
    inStream = true;
    refuseWith = 'session_killed';
    const seen: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const event of (await CALLS[name](true)) as AsyncIterable<{ type?: string; response?: unknown }>) {
          seen.push(JSON.stringify(event));
          // Responses: the failed response is an event of its own, not an exception.
          if (event.type === 'response.failed') throw new Error(JSON.stringify(event.response));
        }
      })(),
    );
    expect(String(error.message)).toContain(MESSAGE);
    expect(seen.join()).toMatch(/one |resp_1/);
    expect(requests).toBe(1);
  });
});

it('the Responses helper ends with the failed response: code, reason, and what the stream had begun', async () => {
  inStream = true;
  refuseWith = 'session_killed';
  const stream = openai().responses.stream({ model: 'm', input: 'hi' });
  const types: string[] = [];
  let failed: OpenAI.Responses.Response | null = null;
  stream.on('event', (event) => {
    types.push(event.type);
    if (event.type === 'response.failed') failed = event.response;
  });
  await stream.done().catch((error: unknown) => expect(String(error)).toContain(MESSAGE));
  expect(types).toEqual(['response.created', 'response.output_item.added', 'response.failed']);
  expect(failed).toMatchObject({ id: 'resp_1', status: 'failed', error: { code: 'invalid_prompt', message: MESSAGE } });
});
