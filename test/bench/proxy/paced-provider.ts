/** A provider of its own process: every request gets a stream of events at a pace of 20 ms, until the caller leaves. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PACE_MS = 20;
const open = new Set<ServerResponse>();
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  open.add(response);
  response.once('close', () => open.delete(response));
});
setInterval(() => {
  // The moment rides along, so that whoever reads knows how late an event came.
  const event = `data: {"at":${performance.timeOrigin + performance.now()},"choices":[{"index":0,"delta":{"content":"a word "}}]}\n\n`;
  for (const response of open) response.write(event);
}, PACE_MS);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
