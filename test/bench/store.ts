/**
 * What the session store costs the edge: client CPU of one `enter` (bar: 60 µs), at several concurrencies, beside a bare
 * GET in the same run; the slices of `settle`; Redis' own CPU. Real Redis on loopback.
 */
import { readFileSync } from 'node:fs';
import { silentLog } from '@elida/kernel';
import { createRedisSessionStore } from '@elida/redis';
import { startRedis } from '@elida/repo';
import { Redis } from 'ioredis';
import { flag, request, settlement, tokens, watch } from '../contract/session-inputs.ts';

const SESSIONS = 1_000;
const BAR_US = 60;

interface Row {
  readonly what: string;
  readonly concurrency: number;
  readonly perSecond: number;
  readonly clientUs: number;
  readonly redisUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** User and system CPU of a process, µs (proc(5): fields 14 and 15, in ticks of 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure(
  what: string,
  pid: number,
  concurrency: number,
  calls: number,
  run: (i: number) => Promise<unknown>,
): Promise<Row> {
  for (let i = 0; i < calls / 10; i += concurrency) {
    await Promise.all(Array.from({ length: concurrency }, (_, k) => run(i + k)));
  }
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const redisCpu = cpuOf(pid);
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < calls) {
      const at = performance.now();
      await run(next++);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => (times[Math.floor(times.length * q)] ?? 0) * 1_000;
  return {
    what,
    concurrency,
    perSecond: (calls / ms) * 1_000,
    clientUs: (user + system) / calls,
    redisUs: (cpuOf(pid) - redisCpu) / calls,
    p50Us: quantile(0.5),
    p99Us: quantile(0.99),
  };
}

async function run(): Promise<Row[]> {
  const backend = await startRedis({ own: true });
  const redis = new Redis(backend.url, { protocol: 2 });
  const store = createRedisSessionStore({ redis: backend.url, log: silentLog, storeWaitMs: 5_000 });
  await store.markReady();
  const requests = Array.from({ length: SESSIONS }, (_, i) =>
    request({ sid: `ses_${i}`, agent: 'agent', tags: { team: 'a' } }),
  );
  const enter = (i: number): Promise<unknown> => store.enter(requests[i % SESSIONS] ?? request());
  const slice = Array.from({ length: 100 }, (_, i) => settlement({ sid: `ses_${i}` }));
  const rows: Row[] = [];
  for (const concurrency of [1, 16, 64]) {
    rows.push(await measure('GET', backend.pid, concurrency, 20_000, () => redis.get('elida:{ctl}:epoch')));
    rows.push(await measure('enter', backend.pid, concurrency, 20_000, enter));
  }
  const policy = watch({
    throttle: [{ from: 15, below: 30, rate: 10 }],
    counters: true,
    rates: [{ metric: 'requests', windowMs: 60_000 }],
  });
  const watched = requests.map((one) => ({ ...one, watch: policy }));
  rows.push(
    await measure('enter, watched', backend.pid, 64, 20_000, (i) => store.enter(watched[i % SESSIONS] ?? request())),
  );
  const found = (i: number): Promise<unknown> =>
    store.flag(flag([], { sid: `ses_${i % SESSIONS}`, findings: [{ key: `key ${i}`, points: 0.1 }] }));
  rows.push(await measure('flag, one finding', backend.pid, 16, 10_000, found));
  const fresh = (i: number): Promise<unknown> => store.enter(request({ sid: `ses_new_${i}_${rows.length}` }));
  rows.push(await measure('enter, new session', backend.pid, 16, 10_000, fresh));
  rows.push(await measure('settle, slice of 100', backend.pid, 1, 300, () => store.settle(slice)));
  const used = slice.map((one) => ({ ...one, model: 'a-model', tokens: tokens({ input: 9 }), toolCalls: ['Bash'] }));
  rows.push(await measure('settle with use, slice of 100', backend.pid, 1, 300, () => store.settle(used)));
  await store.close();
  redis.disconnect();
  await backend.stop();
  return rows;
}

const rows = await run();
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ bench: 'store', rows }));
} else {
  console.log('| call | concurrency | per second | client CPU µs | Redis CPU µs | p50 µs | p99 µs |');
  console.log('|---|---|---|---|---|---|---|');
  for (const { what, concurrency, perSecond, clientUs, redisUs, p50Us, p99Us } of rows) {
    const cells = [perSecond, clientUs, redisUs, p50Us, p99Us].map((value) => value.toFixed(value < 100 ? 1 : 0));
    console.log(`| ${what} | ${concurrency} | ${cells.join(' | ')} |`);
  }
  for (const call of ['enter', 'enter, watched']) {
    const busy = rows.find(({ what, concurrency }) => what === call && concurrency === 64);
    console.log(`${call}: ${busy?.clientUs.toFixed(1)} µs of client CPU, the bar is ${BAR_US} µs`);
  }
}
