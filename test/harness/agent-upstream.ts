/**
 * A scripted provider for real agents: it asks for the client's own shell tool once, then, on the tool's result, answers
 * with a final text. `slow` answers instead with a paced stream of words, to be killed in mid-sentence.
 * Speaks Anthropic Messages, OpenAI Chat and Responses (HTTP and WebSocket). Everything it saw is in `seen`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AgentUpstreamOptions, answer, type Emit, kindOf, plan, responses } from './agent-scripts.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The client's leg closed before the reply was complete. */
  aborted: boolean;
  /** Bytes of the body that was sent (HTTP). */
  reply: string;
  readonly transport: 'http' | 'websocket';
}

export interface AgentUpstream {
  readonly url: string;
  readonly seen: Seen[];
  options: AgentUpstreamOptions;
  close(): Promise<void>;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function serveSocket(socket: WebSocket, upgrade: IncomingMessage, upstream: AgentUpstream, next: () => number): void {
  let chain = Promise.resolve();
  socket.on('message', (frame) => {
    const body = String(frame);
    const seen: Seen = {
      method: 'WS',
      url: upgrade.url ?? '',
      headers: upgrade.headers,
      rawHeaders: upgrade.rawHeaders,
      body,
      aborted: false,
      reply: '',
      transport: 'websocket',
    };
    upstream.seen.push(seen);
    const emit: Emit = (_event, data) => {
      if (socket.readyState !== socket.OPEN) {
        seen.aborted = true;
        return false;
      }
      socket.send(JSON.stringify(data));
      return true;
    };
    chain = chain.then(() => {
      const warmUp = /"generate":\s*false/.test(body);
      const turn = plan(body, '/v1/responses', upstream.options, next());
      return responses(warmUp ? { ...turn, tool: null, words: [], paceMs: 0 } : turn, emit);
    });
  });
}

/** What goes out is kept: a test compares it with what came to the agent. */
function keepReply(response: ServerResponse, seen: Seen): void {
  const { write, end } = response;
  response.write = ((chunk: string) => {
    seen.reply += chunk;
    return write.call(response, chunk, 'utf8');
  }) as ServerResponse['write'];
  response.end = ((chunk?: string) => {
    seen.reply += chunk ?? '';
    return end.call(response, chunk ?? '', 'utf8');
  }) as ServerResponse['end'];
}

export async function startAgentUpstream(options: AgentUpstreamOptions = {}): Promise<AgentUpstream> {
  let count = 0;
  const next = (): number => ++count;
  const server = createServer(async (request, response) => {
    const body = await readAll(request);
    const path = request.url ?? '/';
    const seen: Seen = {
      method: request.method ?? '',
      url: path,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body,
      aborted: false,
      reply: '',
      transport: 'http',
    };
    upstream.seen.push(seen);
    keepReply(response, seen);
    response.on('close', () => {
      seen.aborted = !response.writableFinished;
    });
    const kind = kindOf(path);
    if (path.includes('count_tokens'))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":30}');
    else if (kind && request.method === 'POST')
      await answer(kind, plan(body, path, upstream.options, next()), /"stream":\s*true/.test(body), response);
    else response.writeHead(request.method === 'HEAD' ? 200 : 404).end();
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (upstream.options.webSocket === false) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => serveSocket(ws, request, upstream, next));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: AgentUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    options,
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}
