/**
 * Paced streams through the edge (session, relay and metering, memory adapters; then under a preset that scans them), beside a
 * bare Node proxy: CPU per event, how late, how many held.
 */
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { cpuMicros } from './proxy/load.ts';
import { startNode } from './proxy/subjects.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '64,128,256,512' },
    seconds: { type: 'string', default: '5' },
    preset: { type: 'string', default: 'standard' },
  },
});
const SECONDS = Number(values.seconds);
const BODY = '{"model":"m","stream":true,"messages":[]}';
/** Each stream is a session of its own: one with hundreds at once would be what rules on rates are about. */
const requestOf = (session: number): string =>
  `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-session-id: s${session}\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
let sessions = 0;
/** Later than this and a reader sees a stutter. */
const LATE_MS = 20;

interface Reader {
  readonly socket: Socket;
  events: number;
  late: number;
  ended: boolean;
}

/** Counts events and how many came late; parses only the moment that each carries. */
function openReader(url: string): Promise<Reader> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(requestOf(sessions++)));
    const reader: Reader = { socket, events: 0, late: 0, ended: false };
    socket.once('error', reject);
    socket.once('data', () => resolve(reader));
    socket.on('close', () => {
      reader.ended = true;
    });
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      for (let at = text.indexOf('"at":'); at >= 0; at = text.indexOf('"at":', at + 1)) {
        reader.events++;
        const sentAt = Number.parseFloat(text.slice(at + 5, at + 24));
        if (performance.timeOrigin + performance.now() - sentAt > LATE_MS) reader.late++;
      }
    });
  });
}

async function measure(
  url: string,
  pid: number,
  count: number,
): Promise<{ perEvent: number; late: number; held: number }> {
  const readers: Reader[] = [];
  while (readers.length < count)
    readers.push(...(await Promise.all(Array.from({ length: 32 }, () => openReader(url)))));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const reader of readers) reader.events = reader.late = 0;
  const cpu = cpuMicros([pid]);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  const spent = cpuMicros([pid]) - cpu;
  const events = readers.reduce((sum, reader) => sum + reader.events, 0);
  const late = readers.reduce((sum, reader) => sum + reader.late, 0);
  const held = readers.filter((reader) => !reader.ended && reader.events > 0).length;
  for (const { socket } of readers) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { perEvent: spent / events, late: late / events, held };
}

const provider = await startNode('paced-provider.ts', []);
const bare = await startNode('bare-proxy.ts', [provider.url]);
const edge = await startNode('edge-process.ts', [provider.url]);
const inspecting = await startNode('edge-process.ts', [provider.url, '', values.preset]);
const subjects = { direct: provider, 'bare node': bare, edge, [`edge, ${values.preset}`]: inspecting };
console.log('| streams | proxy | held | CPU µs per event | × bare | events more than 20 ms late |');
console.log('|---|---|---|---|---|---|');
for (const count of values.streams.split(',').map(Number)) {
  let base = 0;
  for (const [name, { url, child }] of Object.entries(subjects)) {
    const { perEvent, late, held } = await measure(url, child.pid, count);
    if (name === 'bare node') base = perEvent;
    const times = base > 0 ? (perEvent / base).toFixed(2) : '';
    console.log(`| ${count} | ${name} | ${held} | ${perEvent.toFixed(1)} | ${times} | ${(late * 100).toFixed(2)} % |`);
  }
}
await Promise.all(Object.values(subjects).map(({ child }) => child.stop()));
