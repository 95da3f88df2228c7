/** CPU per request and added latency of the edge, bare and guarded, beside a bare Node proxy and nginx in the same run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuMicros, type Latency, latencyAt, saturate, writeWrkScript } from './proxy/load.ts';
import { type Subject, startSubjects } from './proxy/subjects.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    out: { type: 'string', default: '.elida/bench-proxy.json' },
    latency: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const median = (list: readonly number[]): number => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const shuffled = <T>(list: readonly T[]): T[] => [...list].sort(() => Math.random() - 0.5);

/** CPU µs per request, one entry a round, by subject. */
async function cpuRounds(subjects: readonly Subject[], script: string): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const connections = Number(values.connections);
  for (const { url } of subjects) await saturate(url, script, connections, 2); // warm
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { name, url, pids } of shuffled(subjects)) {
      const before = cpuMicros(pids);
      const requests = await saturate(url, script, connections, Number(values.seconds));
      found.get(name)?.push((cpuMicros(pids) - before) / requests);
    }
  }
  return found;
}

async function latencyRounds(direct: string, subjects: readonly Subject[]): Promise<Map<string, Latency>> {
  const all = new Map<string, Latency[]>();
  const targets = [{ name: 'direct', url: direct }, ...subjects];
  for (let round = 0; round < 3; round++) {
    for (const { name, url } of shuffled(targets)) {
      all.set(name, [...(all.get(name) ?? []), await latencyAt(url, 200, 4)]);
    }
  }
  const middle = (list: readonly Latency[]): Latency => ({
    p50: median(list.map(({ p50 }) => p50)),
    p99: median(list.map(({ p99 }) => p99)),
  });
  return new Map([...all].map(([name, list]) => [name, middle(list)]));
}

const ratio = (of: readonly number[], to: readonly number[]): number =>
  median(of.map((value, round) => value / (to[round] ?? Number.NaN)));

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'elida-bench-'));
  const subjects = await startSubjects();
  try {
    const cpu = await cpuRounds(subjects.list, writeWrkScript(scratch));
    const latency = values.latency ? await latencyRounds(subjects.direct, subjects.list) : new Map<string, Latency>();
    const direct = latency.get('direct');
    const of = (name: string): number[] => cpu.get(name) ?? [];
    const rows = subjects.list.map(({ name }) => ({
      name,
      cpuMicros: median(of(name)),
      cpuMicrosBest: Math.min(...of(name)),
      timesNginx: ratio(of(name), of('nginx')),
      timesBareNode: ratio(of(name), of('bare node')),
      addedP50: (latency.get(name)?.p50 ?? Number.NaN) - (direct?.p50 ?? Number.NaN),
      addedP99: (latency.get(name)?.p99 ?? Number.NaN) - (direct?.p99 ?? Number.NaN),
    }));
    const guarded = ratio(of('edge guarded'), of('edge bare'));
    const record = ratio(of('edge guarded'), of('edge silent'));
    print(rows, guarded, record);
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(
      values.out,
      `${JSON.stringify({ rows, guardedTimesBare: guarded, guardedTimesSilent: record }, null, 2)}\n`,
    );
  } finally {
    await subjects.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function print(rows: readonly Record<string, string | number>[], guarded: number, record: number): void {
  const heads = ['', 'CPU µs', 'best', '× nginx', '× bare node', '+p50 ms', '+p99 ms'];
  const lines = rows.map((row) =>
    Object.values(row).map((value) => (typeof value === 'number' ? value.toFixed(2) : value)),
  );
  const out = [heads, ...lines].map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(14) : cell.padStart(12))).join(''),
  );
  process.stdout.write(`${out.join('\n')}\n`);
  process.stdout.write(
    `guarded / bare ${guarded.toFixed(2)} (bar 2) · bars: bare ≤ 1.25 × bare node, ≤ 2.2 × nginx; guarded ≤ 4.5 × nginx\n`,
  );
  process.stdout.write(`the record adds ${((record - 1) * 100).toFixed(1)} % of CPU (guarded / silent; bar 15 %)\n`);
}

await main();
