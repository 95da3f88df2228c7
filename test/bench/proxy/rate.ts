/** Open-loop load: requests are due at fixed times, whatever becomes of the ones before. Prints {"p50","p99"} in ms. */
import { connect, type Socket } from 'node:net';
import { BODY } from './load.ts';

const [url = '', rate = '200', seconds = '5'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench\r\nx-session-id: rate\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`;
const idle: Socket[] = [];
const times: number[] = [];

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The reply is whole when its length has come: all subjects send one. */
function answered(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    let text = '';
    const take = (data: Buffer): void => {
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (end < 0 || text.length < end + 4 + length) return;
      socket.off('data', take);
      resolve();
    };
    socket.on('data', take);
  });
}

async function one(due: number): Promise<void> {
  const socket = idle.pop() ?? (await open());
  socket.write(REQUEST);
  await answered(socket);
  times.push(performance.now() - due);
  idle.push(socket);
}

for (let count = 0; count < 32; count++) idle.push(await open());
const running: Promise<void>[] = [];
const every = 1_000 / Number(rate);
const start = performance.now() + 100;
const total = Number(rate) * Number(seconds);
for (let at = 0; at < total; at++) {
  const due = start + at * every;
  while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
  running.push(one(performance.now()));
}
await Promise.all(running);
times.sort((a, b) => a - b);
const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
process.stdout.write(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
process.exit(0);
