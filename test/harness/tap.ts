/** Stands between an agent and the edge, passes everything on, and keeps the bodies of the replies. HTTP only: upgrades are refused. */
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Tapped {
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Tap {
  readonly url: string;
  readonly seen: Tapped[];
  close(): Promise<void>;
}

export async function startTap(target: string): Promise<Tap> {
  const seen: Tapped[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url, rawHeaders } = incoming;
    const onward = httpRequest(new URL(url ?? '/', target), { method, headers: rawHeaders }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 0, reply.rawHeaders);
      let body = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        outgoing.write(chunk);
      });
      reply.on('end', () => {
        seen.push({ path: url ?? '', status: reply.statusCode ?? 0, headers: reply.headers, body });
        outgoing.end();
      });
      reply.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
