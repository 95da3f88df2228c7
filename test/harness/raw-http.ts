/** A caller that writes bytes and sees bytes: what an HTTP library would hide. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawCaller {
  readonly socket: Socket;
  /** All that has come so far. */
  readonly received: () => string;
  readonly bytes: () => Buffer;
  write(text: string | Uint8Array): void;
  /** Resolves once `pattern` is in what came; rejects where the connection ends first. */
  until(pattern: string | RegExp): Promise<string>;
  /** Resolves when the other side has closed; `clean` is false after a reset. */
  ended(): Promise<{ clean: boolean }>;
  close(): void;
}

export async function rawCaller(port: number): Promise<RawCaller> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let bytes: Buffer = Buffer.alloc(0);
  let failed = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  socket.on('data', (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    tell();
  });
  socket.on('error', () => {
    failed = true;
  });
  const end = new Promise<{ clean: boolean }>((resolve) => {
    socket.once('close', () => {
      resolve({ clean: !failed });
      tell();
    });
  });
  return {
    socket,
    received: () => bytes.toString('latin1'),
    bytes: () => bytes,
    write: (text) => void socket.write(text),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const text = bytes.toString('latin1');
          const found = typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
          if (!found && !socket.destroyed) return;
          listeners.delete(look);
          if (found) resolve(text);
          else reject(new Error(`the connection ended after: ${text.slice(-400)}`));
        };
        listeners.add(look);
        look();
      }),
    ended: () => end,
    close: () => socket.destroy(),
  };
}

/** A whole request with its length. */
export const post = (path: string, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: edge\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
