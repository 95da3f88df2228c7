/**
 * The built-in demo backend: a scripted model on a loopback port of its own, for the minutes before a provider is
 * configured. OpenAI Chat, Responses (HTTP and WebSocket) and Anthropic Messages. It says the same every time (script.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dialect, detect } from '@elida/dialects';
import type { Clock, Log } from '@elida/kernel';
import { acceptSockets } from './demo-socket.ts';
import { type Json, record } from './json.ts';
import { anthropicModel, anthropicModels, openAiModel, openAiModels } from './models.ts';
import { pause } from './pause.ts';
import { tokensOf } from './prompt.ts';
import { planTurn } from './script.ts';
import type { ReplyContext, Wire } from './wire.ts';
import { anthropicMessages } from './wires/anthropic-messages.ts';
import { openAiChat } from './wires/openai-chat.ts';
import { openAiResponses } from './wires/openai-responses.ts';

export interface DemoOptions {
  /** Between two pieces of an answer; a reply that does not stream takes as long as one that does. */
  readonly paceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DemoBackend {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 33_554_432;

const WIRES: Readonly<Record<string, Wire>> = {
  'openai-chat': openAiChat,
  'openai-responses': openAiResponses,
  'anthropic-messages': anthropicMessages,
};

/** @returns null where the body is no JSON object, or too large. */
async function readBody(request: IncomingMessage): Promise<Json | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  try {
    return record(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function sendJson(response: ServerResponse, value: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export async function startDemoBackend(options: DemoOptions): Promise<DemoBackend> {
  let count = 0;
  const contextOf = (request: Json): ReplyContext => ({
    serial: String(++count).padStart(6, '0'),
    createdAt: Math.floor(options.clock.now() / 1_000),
    request,
  });
  const server = createServer((request, response) => {
    handle(request, response, contextOf, options.paceMs).catch((error: unknown) => {
      options.log.warn('demo_request_failed', { error });
      response.destroy();
    });
  });
  const sockets = acceptSockets(server, contextOf, options);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  options.log.debug('demo_backend_started', { port });
  return { url: `http://127.0.0.1:${port}`, close: () => close(server, sockets.close) };
}

function close(server: Server, closeSockets: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
    closeSockets();
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  contextOf: (request: Json) => ReplyContext,
  paceMs: number,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const dialect = detect(request.method ?? 'GET', path, request.headers);
  if (request.method === 'GET' && answerModels(path, dialect, response)) return;
  const wire = WIRES[dialect.name];
  if (
    request.method !== 'POST' ||
    wire === undefined ||
    !/\/(?:completions|responses|messages|count_tokens)$/.test(path)
  )
    return refuse(response, dialect, 'not_found', `The demo backend does not serve ${request.method} ${path}`);
  const body = await readBody(request);
  const prompt = body === null ? null : wire.read(body);
  if (body === null || prompt === null)
    return refuse(response, dialect, 'bad_request', 'The demo backend reads JSON with a conversation in it');
  if (path.endsWith('/count_tokens'))
    return sendJson(response, { input_tokens: Math.max(1, tokensOf(prompt.inputChars)) });
  const turn = planTurn(prompt);
  const context = contextOf(body);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (!prompt.stream) {
    await pause(paceMs * turn.pieces.length, gone.signal);
    return sendJson(response, wire.reply(turn, prompt, context));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const { name, data, isPiece } of wire.events(turn, prompt, context)) {
    if (gone.signal.aborted) return;
    const isTaken = response.write(`${name === '' ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
    if (!isTaken) await drained(response, gone.signal);
    if (isPiece === true) await pause(paceMs, gone.signal);
  }
  response.end(dialect.name === 'openai-chat' ? 'data: [DONE]\n\n' : undefined);
}

function answerModels(path: string, dialect: Dialect, response: ServerResponse): boolean {
  const found = /\/models(?:\/([^/]+))?$/.exec(path);
  if (found === null) return false;
  const isAnthropic = dialect.name === 'anthropic-messages';
  const id = found[1];
  if (id === undefined) sendJson(response, isAnthropic ? anthropicModels() : openAiModels());
  else sendJson(response, isAnthropic ? anthropicModel(id) : openAiModel(id));
  return true;
}

function refuse(response: ServerResponse, dialect: Dialect, code: 'not_found' | 'bad_request', message: string): void {
  const { status, headers, body } = dialect.nativeError({ code, message, requestId: 'req_demo' });
  // What the provider's leg says carries the provider's headers, not ELIDA's.
  const native = Object.entries(headers).filter(([name]) => !name.startsWith('x-elida-'));
  response.writeHead(status, Object.fromEntries(native)).end(body);
}

const drained = (response: ServerResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    response.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
