/**
 * The data listener: plain node:http with strict parsing (RFC 9112). What the parser refuses is answered with a code; what
 * it lets through becomes an exchange. Reserved paths never reach a provider.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FAULTS, type FaultCode, LIMITS } from '@elida/contracts';
import { newExchangeId } from '@elida/kernel';
import type { Caller } from './caller.ts';
import { HttpCaller } from './http-caller.ts';
import { keepCertificateFresh, readCertificate, type TlsFiles } from './tls-files.ts';
import { UpgradeCaller } from './upgrade-caller.ts';

export interface ServerHandlers {
  /** Requests and WebSocket upgrades. */
  exchange(caller: Caller): Promise<void>;
  /** Answers a path that is the edge's own; false: it is not, or a backend claims it. */
  reserved(request: IncomingMessage, response: ServerResponse): boolean;
  /** A changed certificate could not be read: the old one stays. */
  failed(error: unknown): void;
}

export interface ServerListen {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** null: plain HTTP. */
  readonly tls: TlsFiles | null;
}

export interface DataServer {
  readonly url: string;
  /** Stops accepting; connections end when their exchange does. */
  stopAccepting(): void;
  /** Resolves when every connection is gone. */
  close(): Promise<void>;
}

const OPTIONS: ServerOptions = {
  noDelay: true,
  maxHeaderSize: LIMITS.headerBytesMax.value,
  headersTimeout: LIMITS.headersReadMs.value,
  keepAliveTimeout: LIMITS.keepAliveMs.value,
  // Bodies are timed by their readers, which know whether anybody waits for them.
  requestTimeout: 0,
  connectionsCheckingInterval: 1_000,
  // Ours to say, with a code of ours.
  requireHostHeader: false,
  insecureHTTPParser: false,
};

const SWEEP_EVERY_MS = 100;

/** @throws Error (EADDRINUSE …) where it cannot listen. */
export async function startServer(listen: ServerListen, handlers: ServerHandlers): Promise<DataServer> {
  const options: ServerOptions = { ...OPTIONS, shouldUpgradeCallback: isWebSocketUpgrade };
  const server: Server =
    listen.tls === null
      ? createServer(options)
      : createTlsServer({ ...options, ...(await readCertificate(listen.tls)) });
  const stopReloading = listen.tls === null ? () => {} : keepCertificateFresh(server, listen.tls, handlers.failed);
  // The rest would be dropped without a word; admit counts them instead.
  server.maxHeadersCount = 0;
  server.maxConnections = LIMITS.connectionsMax.value;

  let sweeping: NodeJS.Timeout | undefined;
  const accept = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    if (sweeping) response.shouldKeepAlive = false;
    if (handlers.reserved(request, response)) return;
    void handlers.exchange(new HttpCaller(request, response, awaitsContinue));
  };
  server.on('request', accept(false));
  server.on('checkContinue', accept(true));
  server.on('checkExpectation', accept(false));
  server.on('connect', (_request, socket: Duplex) => answerRaw(socket, 'bad_request'));
  server.on('upgrade', (request, socket, head) => void handlers.exchange(new UpgradeCaller(request, socket, head)));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => answerRaw(socket, codeOf(error)));

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: listen.port, host: listen.host, backlog: 1_024 }, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  const scheme = listen.tls === null ? 'http' : 'https';
  return {
    url: `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    stopAccepting() {
      stopReloading();
      server.close();
      server.closeIdleConnections();
      // Connections become idle as their exchanges end.
      sweeping ??= setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
    },
    close: () =>
      new Promise((resolve) => {
        stopReloading();
        clearInterval(sweeping);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const isWebSocketUpgrade = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET';

function codeOf(error: NodeJS.ErrnoException): FaultCode {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large';
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'body_too_large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout';
    default:
      return 'bad_request';
  }
}

/** What the parser refused never became a request: the answer is written by hand, and the connection ends. */
function answerRaw(socket: Duplex, code: FaultCode): void {
  const { status, title } = FAULTS[code];
  const isMidReply = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage?.headersSent === true;
  if (!socket.writable || isMidReply) {
    socket.destroy();
    return;
  }
  const id = newExchangeId();
  const body = JSON.stringify({ error: code, message: title, request_id: id });
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-elida-code: ${code}\r\nx-elida-request-id: ${id}\r\nx-should-retry: false\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};
