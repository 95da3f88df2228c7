/** `npm run cluster -- --edges 3 [--config FILE] [--json]`: the distributed system on this machine, until SIGTERM or Ctrl-C. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from './cluster/cluster.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function description(cluster: Cluster): Record<string, unknown> {
  return {
    ready: true,
    edges: cluster.edges.map(({ ready, pid }) => ({ url: ready.proxy, metrics: ready.metrics, pid })),
    control: cluster.control.ready.control,
    controlKey: cluster.controlKey,
    edgeKey: cluster.clientKey,
    redis: cluster.redis.url,
    nats: cluster.nats.url,
    postgres: cluster.postgres.url,
    pids: {
      redis: cluster.redis.pid,
      nats: cluster.nats.pid,
      postgres: cluster.postgres.pid,
      control: cluster.control.pid,
      audit: cluster.audit.pid,
    },
  };
}

function forPeople(cluster: Cluster): string {
  const edges = cluster.edges.map(
    ({ ready, pid }) => `  edge      ${ready.proxy}  metrics ${ready.metrics}  pid ${pid}`,
  );
  return [
    'The cluster is ready.',
    ...edges,
    `  control   ${cluster.control.ready.control}  pid ${cluster.control.pid}`,
    `  redis     ${cluster.redis.url}  pid ${cluster.redis.pid}`,
    `  nats      ${cluster.nats.url}  pid ${cluster.nats.pid}`,
    `  postgres  ${cluster.postgres.url}  pid ${cluster.postgres.pid}`,
    '',
    `  export ELIDA_CONTROL_URL=${cluster.control.ready.control} ELIDA_CONTROL_KEY=${cluster.controlKey}`,
    `  key that the edges accept: ${cluster.clientKey}`,
    '',
    'Ctrl-C stops all of it.',
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      edges: { type: 'string', default: '3' },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const edges = Number(values.edges);
  if (!Number.isInteger(edges) || edges < 1 || edges > 16) throw new Error('--edges must be a number from 1 to 16');
  // A second signal while stopping changes nothing: npm and a terminal both send one.
  const stopped = new Promise<void>((wake) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => wake());
    // Whoever started us was killed without a chance to tell us.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && wake(), 1_000).unref();
  });
  const cluster = await startCluster({
    root: ROOT,
    edges,
    ...(values.config ? { config: resolve(values.config) } : {}),
    log: (name, line) => process.stderr.write(`${name} ${line}\n`),
  });
  process.stdout.write(`${values.json ? JSON.stringify(description(cluster)) : forPeople(cluster)}\n`);
  await stopped;
  await cluster.stop();
  process.exit(0);
}

await main().catch((error: unknown) => {
  process.stderr.write(`elida: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
