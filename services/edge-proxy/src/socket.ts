/** WebSocket upgrades. They go through admit, route, identify and enter as requests do; the relay of frames is not here yet. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { detect } from '@elida/dialects';
import { Fault, newExchangeId } from '@elida/kernel';
import type { Edge } from './edge.ts';

export function openSocket(_edge: Edge, request: IncomingMessage, socket: Duplex, _head: Buffer): void {
  const fault = new Fault('upgrade_required');
  const dialect = detect(request.method ?? 'GET', request.url ?? '/', request.headers);
  const { status, headers, body } = dialect.webSocketRefusal({
    code: fault.code,
    message: fault.detail,
    requestId: newExchangeId(),
  });
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}
