/** An edge in front of a provider of WebSockets, both gone when the test is. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { backend, startTestEdge, type TestEdge, type TestEdgeOptions } from './edge.ts';

export interface SocketBench {
  readonly edge: TestEdge;
  /** The provider's legs, in the order in which they came. */
  readonly legs: WebSocket[];
  readonly seen: { url: string; headers: IncomingHttpHeaders; rawHeaders: string[] }[];
  open(path?: string, options?: { protocols?: string[]; headers?: Record<string, string> }): Promise<WebSocket>;
}

export interface BenchOptions extends TestEdgeOptions {
  readonly onLeg?: (leg: WebSocket) => void;
  readonly refuse?: string;
  readonly backend?: Parameters<typeof backend>[1];
}

export async function socketBench(options: BenchOptions = {}): Promise<SocketBench> {
  const legs: WebSocket[] = [];
  const seen: SocketBench['seen'] = [];
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    handleProtocols: (offered) => [...offered][1] ?? false,
  });
  sockets.on('headers', (lines) => lines.push('X-Request-Id: provider-1'));
  const provider: Server = createServer();
  provider.on('upgrade', (request, socket, head) => {
    seen.push({ url: request.url ?? '', headers: request.headers, rawHeaders: request.rawHeaders });
    if (options.refuse) {
      socket.end(options.refuse);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (leg) => {
      legs.push(leg);
      leg.on('error', () => {});
      options.onLeg?.(leg);
    });
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/base`;
  const edge = await startTestEdge({
    ...options,
    snapshot: { backends: [backend(url, options.backend)], ...options.snapshot },
  });
  const clients: WebSocket[] = [];
  onTestFinished(async () => {
    for (const leg of [...clients, ...legs]) leg.terminate();
    await edge.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });
  return {
    edge,
    legs,
    seen,
    async open(path = '/v1/responses', { protocols = [], headers = {} } = {}) {
      const client = new WebSocket(edge.url.replace('http', 'ws') + path, protocols, { headers, autoPong: false });
      client.on('error', () => {});
      clients.push(client);
      await once(client, 'open');
      return client;
    },
  };
}
