/**
 * How long a killed stream lives: from the API call to the last byte at the client and to the end of the provider's leg, over
 * three edges with real stores, NATS up and down. `--kills 200 --streams 120` (streams run at a pace of 20 ms).
 */
import { parseArgs } from 'node:util';
import { oneBackend, type Rig, type Stream, startRig } from '../harness/rig.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    streams: { type: 'string', default: '120' },
    json: { type: 'boolean', default: false },
  },
});
const KILLS = Number(values.kills);
const STREAMS = Number(values.streams);

interface Row {
  readonly bus: string;
  readonly kills: number;
  readonly lastByteMs: readonly number[];
  readonly providerMs: readonly number[];
  readonly replyMs: readonly number[];
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
const ascending = (list: number[]): number[] => list.sort((a, b) => a - b);

let serial = 0;
const open = async (rig: Rig): Promise<{ name: string; stream: Stream }> => {
  const name = `bench-${++serial}`;
  return { name, stream: await rig.stream(serial % 3, name) };
};

async function measure(rig: Rig, bus: string): Promise<Row> {
  const lastByteMs: number[] = [];
  const providerMs: number[] = [];
  const replyMs: number[] = [];
  const running = await Promise.all(Array.from({ length: STREAMS }, () => open(rig)));
  for (let n = 0; n < KILLS; n++) {
    const one = running.shift();
    if (!one) break;
    const begun = performance.now();
    const [order, ended] = await Promise.all([rig.order('kill', one.stream.session), one.stream.ended]);
    lastByteMs.push(ended.at - begun);
    replyMs.push(order.elapsedMs);
    const closed = rig.provider.closedAt.get(one.name);
    if (closed !== undefined) providerMs.push(closed - begun);
    if (!ended.text.includes('session_killed')) throw new Error('a stream did not end natively');
    running.push(await open(rig));
  }
  await rig.order('kill', '', { selector: { scope: 'all', id: '' } });
  await Promise.all(running.map(({ stream }) => stream.ended));
  return {
    bus,
    kills: lastByteMs.length,
    lastByteMs: ascending(lastByteMs),
    providerMs: ascending(providerMs),
    replyMs: ascending(replyMs),
  };
}

const rig = await startRig(oneBackend);
const rows: Row[] = [];
try {
  rows.push(await measure(rig, 'NATS up'));
  const { blocks } = await rig.api<{ blocks: { id: string }[] }>('/api/v1/blocks');
  for (const { id } of blocks) await rig.lift(id);
  await rig.cluster.halt('nats');
  rows.push(await measure(rig, 'NATS down'));
} finally {
  await rig.stop();
}

if (values.json) {
  const figures = rows.map(({ bus, kills, ...times }) => ({
    bus,
    kills,
    ...Object.fromEntries(
      Object.entries(times).map(([name, list]) => [
        name,
        { p50: quantile(list, 0.5), p99: quantile(list, 0.99), max: list.at(-1) },
      ]),
    ),
  }));
  console.log(JSON.stringify({ bench: 'kill', streams: STREAMS, rows: figures }));
} else {
  console.log(`${STREAMS} streams over 3 edges, a word every 20 ms; ms from the API call, p50 / p99 / max`);
  console.log('| bus | kills | last byte at the client | provider leg closed | API replied |');
  console.log('|---|---|---|---|---|');
  for (const { bus, kills, lastByteMs, providerMs, replyMs } of rows) {
    const cells = [lastByteMs, providerMs, replyMs].map((list) =>
      [quantile(list, 0.5), quantile(list, 0.99), list.at(-1) ?? 0].map((value) => value.toFixed(1)).join(' / '),
    );
    console.log(`| ${bus} | ${kills} | ${cells.join(' | ')} |`);
  }
}
