/** Server-sent events over a hijacked response: heartbeats, bounded memory per client. */
import type { ServerResponse } from 'node:http';
import type { LiveSink } from './route.ts';

/** Comments keep proxies from closing a quiet stream; most give up after 60 s. */
const HEARTBEAT_MS = 15_000;
/** What may wait in memory for one client that reads slowly. */
const BACKLOG_BYTES_MAX = 1_048_576;

/** All of one door: they end with it. */
export class LiveResponses {
  readonly #open = new Set<ServerResponse>();

  hold(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    start: (sink: LiveSink) => () => void,
  ): void {
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    openLiveResponse(response, headers, start);
  }

  end(): void {
    for (const response of this.#open) response.end();
  }
}

function openLiveResponse(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  start: (sink: LiveSink) => () => void,
): void {
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would hold events back.
    'x-accel-buffering': 'no',
  });
  response.socket?.setNoDelay(true);
  response.write(': connected\nretry: 1000\n\n');
  const sink: LiveSink = {
    send({ id, event, data }) {
      if (response.destroyed || response.writableEnded) return false;
      response.write(`id: ${id}\nevent: ${event}\n${data.replaceAll(/^/gm, 'data: ')}\n\n`);
      if (response.writableLength <= BACKLOG_BYTES_MAX) return true;
      response.destroy();
      return false;
    },
  };
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  const stop = start(sink);
  response.once('close', () => {
    clearInterval(heartbeat);
    stop();
  });
}
