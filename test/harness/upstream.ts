/** A provider whose every byte a test writes: an HTTP server over a plain socket, with what it was sent in full. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface UpstreamRequest {
  readonly socket: Socket;
  /** Request line and headers exactly as they arrived, without the blank line. */
  readonly head: string;
  readonly method: string;
  readonly target: string;
  /** Header lines as they arrived. */
  readonly lines: readonly string[];
  readonly body: Buffer;
  /** Resolves when the edge has closed its side. */
  readonly gone: Promise<void>;
  header(name: string): string | undefined;
}

export type Script = (request: UpstreamRequest) => void | Promise<void>;

export interface Upstream {
  readonly url: string;
  readonly requests: UpstreamRequest[];
  /** What answers from now on. */
  script: Script;
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A whole reply with its length. */
export const reply = (body: string | Buffer, head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json'): Buffer =>
  Buffer.concat([Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)]);

export const chunk = (data: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(data).toString(16)}\r\n`), Buffer.from(data), Buffer.from('\r\n')]);

export const SSE_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

/** @returns the parts of the first whole request in `bytes` and how long it is, or null. */
function parse(bytes: Buffer): { head: string; body: Buffer; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const start = end + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const total = start + Number(length);
    return bytes.length < total ? null : { head, body: bytes.subarray(start, total), length: total };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { head, body: Buffer.alloc(0), length: start };
  const pieces: Buffer[] = [];
  let at = start;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const data = line + 2;
    if (bytes.length < data + size + 2) return null;
    if (size === 0) return { head, body: Buffer.concat(pieces), length: data + 2 };
    pieces.push(bytes.subarray(data, data + size));
    at = data + size + 2;
  }
}

function requestOf(socket: Socket, head: string, body: Buffer, gone: Promise<void>): UpstreamRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const header = (name: string): string | undefined =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  return { socket, head, method, target, lines, body, gone, header };
}

export async function startUpstream(
  script: Script = ({ socket }) => void socket.write(reply('{}')),
): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const upstream = {
    url: '',
    requests: [] as UpstreamRequest[],
    script,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    const gone = new Promise<void>((resolve) => {
      socket.once('close', () => {
        sockets.delete(socket);
        resolve();
      });
    });
    socket.on('error', () => {});
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      bytes = Buffer.concat([bytes, data]);
      for (let found = parse(bytes); found !== null; found = parse(bytes)) {
        bytes = bytes.subarray(found.length);
        const request = requestOf(socket, found.head, found.body, gone);
        upstream.requests.push(request);
        void upstream.script(request);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return upstream;
}
