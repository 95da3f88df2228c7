/** A caller that wants a WebSocket: until the handshake is answered it can be refused as any other. */

import assert from 'node:assert/strict';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { LIMITS } from '@elida/contracts';
import { Fault } from '@elida/kernel';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller, CallerEvents, Headers, Tap } from './caller.ts';

/** A peer that vanished without a word is found out. */
const KEEP_ALIVE_MS = 30_000;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export class UpgradeCaller implements Caller {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Headers;
  readonly httpVersion: string;
  readonly peer: string;
  readonly bodyBytes = 0;
  bytesIn = 0;
  closed = false;
  begun = false;
  readonly upgrades = true;
  tap: Tap | null = null;
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  #events: CallerEvents | null = null;

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.headers = request.headers;
    this.httpVersion = request.httpVersion;
    this.peer = request.socket.remoteAddress ?? '';
    this.#request = request;
    this.#socket = socket;
    this.#head = head;
    if (socket instanceof Socket) socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
    socket.on('error', () => socket.destroy()); // A reset: `close` follows.
    socket.once('close', () => {
      this.closed = true;
      this.#events?.onClosed(this.begun);
    });
  }

  listen(events: CallerEvents): void {
    this.#events = events;
  }

  /** A handshake has no body (RFC 6455 §4.1); what follows it are frames. */
  collect(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }

  stream(): Readable {
    return Readable.from([]);
  }

  head(status: number, reason: string, rawHeaders: readonly string[]): void {
    this.begun = true;
    let lines = `HTTP/1.1 ${status} ${reason}\r\n`;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
    this.#socket.write(`${lines}connection: close\r\n\r\n`, 'latin1');
  }

  flushHead(): void {}

  write(bytes: Uint8Array): boolean {
    this.tap?.sent(bytes);
    return this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  reply(status: number, rawHeaders: readonly string[], body: string | Buffer): void {
    const bytes = Buffer.from(body);
    this.head(status, STATUS_CODES[status] ?? '', [...rawHeaders, 'content-length', String(bytes.length)]);
    this.write(bytes);
    this.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** RFC 6455 §4.2.1: before a provider is asked. @throws Fault bad_request. */
  checkHandshake(): void {
    const key = String(this.headers['sec-websocket-key']);
    if (!/^[+/0-9A-Za-z]{22}==$/.test(key) || this.headers['sec-websocket-version'] !== '13') {
      throw new Fault('bad_request', 'The WebSocket handshake is malformed');
    }
    const offered = this.headers['sec-websocket-protocol'];
    if (typeof offered !== 'string' || offered === '') return;
    const protocols = offered.split(',').map((protocol) => protocol.trim());
    // RFC 6455 §4.1: tokens, none of them twice.
    if (new Set(protocols).size < protocols.length || !protocols.every((protocol) => TOKEN.test(protocol))) {
      throw new Fault('bad_request', 'The WebSocket subprotocols are malformed');
    }
  }

  /**
   * Answers the handshake.
   * @param protocol that the provider agreed to; empty: none. @param headers further ones of the answer: name, value, …
   */
  accept(protocol: string, headers: readonly string[]): WebSocket {
    // One per handshake: without a listener it is a few fields, and its options are this socket's own.
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: LIMITS.webSocketMessageBytesMax.value,
      handleProtocols: () => protocol || false,
    });
    server.on('headers', (lines) => {
      for (let at = 0; at + 1 < headers.length; at += 2) {
        const name = headers[at] as string;
        if (!name.toLowerCase().startsWith('sec-websocket-')) lines.push(`${name}: ${headers[at + 1]}`);
      }
    });
    const accepted: WebSocket[] = [];
    server.handleUpgrade(this.#request, this.#socket, this.#head, (webSocket) => accepted.push(webSocket));
    const [webSocket] = accepted;
    assert(webSocket, 'a checked handshake is accepted in the same call');
    this.begun = true;
    return webSocket;
  }
}
