/** Thousands of sockets that do nothing, or read too slowly: memory stays bounded and nobody else is disturbed. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

const IDLE = 5_000;
const SLOW = 1_000;
/** What a slow reader would get if it read: far more, all together, than the edge may hold. */
const REPLY_BYTES = 4_194_304;
/** Far above what a probe takes; a listener that is stuck takes for ever. */
const PROBE_MS_MAX = 5_000;

/** Resident bytes of a process (proc(5), statm). */
const residentBytes = (pid: number): number => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096;

function open(url: string, first = ''): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      if (first) socket.write(first);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** In waves, so that the listener's backlog is not what is tested. */
async function openMany(count: number, url: string, first = ''): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    sockets.push(
      ...(await Promise.all(Array.from({ length: Math.min(250, count - sockets.length) }, () => open(url, first)))),
    );
  }
  return sockets;
}

describe('many sockets', () => {
  let edge: Standalone;
  const provider = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(REPLY_BYTES));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    edge = await startStandalone({
      config: `backends:\n  large:\n    url: http://127.0.0.1:${port}\n    type: plain\n    default: true\n    connections_max: ${SLOW + 10}\n`,
    });
  });
  afterAll(async () => {
    await edge?.stop();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  /** The slowest of twenty probes, ms. */
  async function worstProbeMs(): Promise<number> {
    let worst = 0;
    for (let n = 0; n < 20; n++) {
      const begun = performance.now();
      const reply = await fetch(`${edge.proxy}/healthz`);
      expect(reply.status).toBe(200);
      worst = Math.max(worst, performance.now() - begun);
    }
    return worst;
  }

  it(`${IDLE} idle sockets take a few kilobytes each, are let go with 408 when half a request is all they sent, and disturb nobody`, async () => {
    const before = residentBytes(edge.pid);
    const sockets = await openMany(IDLE - 100, edge.proxy);
    const half = await openMany(100, edge.proxy, 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n');
    const answers: string[] = [];
    for (const socket of half) socket.on('data', (bytes) => answers.push(String(bytes)));
    expect(await worstProbeMs()).toBeLessThan(PROBE_MS_MAX);
    expect((residentBytes(edge.pid) - before) / IDLE).toBeLessThan(40_000);
    await expect.poll(() => answers.length, { timeout: 40_000, interval: 250 }).toBe(100);
    expect(answers.every((answer) => answer.startsWith('HTTP/1.1 408') && answer.includes('request_timeout'))).toBe(
      true,
    );
    for (const socket of [...sockets, ...half]) socket.destroy();
  });

  it(`${SLOW} slow readers of ${REPLY_BYTES / 1_048_576} MiB each hold the provider back, not memory`, async () => {
    const before = residentBytes(edge.pid);
    const readers = await openMany(SLOW, edge.proxy, 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n');
    for (const reader of readers) reader.pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const held = residentBytes(edge.pid) - before;
    // 4 GiB were asked for. What the edge holds is a window a reader, in both directions.
    expect(held / SLOW).toBeLessThan(500_000);
    expect(await worstProbeMs()).toBeLessThan(PROBE_MS_MAX);
    const [first] = readers;
    let read = 0;
    first?.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    first?.resume();
    await expect.poll(() => read, { timeout: 20_000 }).toBeGreaterThanOrEqual(REPLY_BYTES);
    for (const reader of readers) reader.destroy();
    expect(await worstProbeMs()).toBeLessThan(PROBE_MS_MAX);
  });
});
