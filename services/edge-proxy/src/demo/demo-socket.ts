/** Responses over WebSocket: each `response.create` frame is a request, each event a frame. One turn at a time. */
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DemoOptions } from './demo-backend.ts';
import { type Json, record } from './json.ts';
import { pause } from './pause.ts';
import { planTurn } from './script.ts';
import type { ReplyContext } from './wire.ts';
import { openAiResponses } from './wires/openai-responses.ts';

const FRAME_BYTES_MAX = 33_554_432;

export function acceptSockets(
  server: Server,
  contextOf: (request: Json) => ReplyContext,
  { paceMs, log }: DemoOptions,
): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX });
  server.on('upgrade', (request, socket, head) => {
    if (!/\/responses(?:\?|$)/.test(request.url ?? '')) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client));
  });

  const serve = (client: WebSocket): void => {
    const gone = new AbortController();
    let turns = Promise.resolve();
    client.on('close', () => gone.abort());
    client.on('error', (error) => log.debug('demo_socket_failed', { error }));
    client.on('message', (frame: Buffer) => {
      turns = turns
        .then(() => answer(client, parse(frame), gone.signal))
        .catch((error: unknown) => log.warn('demo_frame_failed', { error }));
    });
  };

  const answer = async (client: WebSocket, request: Json | null, signal: AbortSignal): Promise<void> => {
    const prompt = request === null ? null : openAiResponses.read(request);
    if (request === null || prompt === null) {
      const error = { type: 'invalid_request_error', code: 'bad_request', message: 'no conversation', param: null };
      client.send(JSON.stringify({ type: 'error', status: 400, error }));
      return;
    }
    for (const { data, isPiece } of openAiResponses.events(planTurn(prompt), prompt, contextOf(request))) {
      if (signal.aborted) return;
      client.send(JSON.stringify(data));
      if (isPiece === true) await pause(paceMs, signal);
    }
  };

  return {
    close: () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

/** @returns null where the frame is no `response.create`. */
function parse(frame: Buffer): Json | null {
  try {
    const request = record(JSON.parse(String(frame)));
    return request.type === 'response.create' ? request : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
