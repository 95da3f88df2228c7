/**
 * The edge as the benchmark measures it: `bare` (memory store), `silent` (sessions in real Redis) or `guarded` (a folder for the
 * spool as well: only then it keeps a record), and under a preset where one is named.
 */
import { createSnapshot } from '@elida/contracts';
import { composeEdge } from '@elida/edge-proxy/compose';
import { createLog, openInstallation } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { PRESETS, type RuleDocument } from '@elida/policy';
import { createBullAuditQueue } from '@elida/queue';
import { createRedisSessionStore } from '@elida/redis';
import { createMemorySessionStore } from '@elida/session';
import { createMetrics } from '@elida/telemetry';
import { noLadder, policyEntry } from '../../harness/policies.ts';

const [upstream = '', redis = '', preset = '', dataDir = ''] = process.argv.slice(2);
const log = createLog({ level: 'warn' });
const installation = openInstallation('a-secret-for-benchmarks-of-the-edge-only');
/** A session here asks thousands of times a minute: its counters are read and compared, but no limit is met. */
const outOfReach = (PRESETS.find(({ name }) => name === preset)?.rules ?? []).flatMap((rule): RuleDocument[] => {
  if (rule.type !== 'metric' && rule.type !== 'rate') return [];
  const { tests: _, ...counter } = rule;
  return [{ ...counter, threshold: rule.operator?.startsWith('<') ? 0 : 1e12 }];
});
const guarded = redis !== '';
const sessions = guarded
  ? createRedisSessionStore({ redis, log })
  : createMemorySessionStore({ now: () => Date.now() });
while (!(await sessions.isReady().catch(() => false))) {
  await sessions.markReady().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const audit = guarded
  ? createBullAuditQueue({ redisUrl: redis, log, depthMax: 1_000_000 })
  : { send: () => Promise.resolve(), through: () => Promise.resolve(null), waiting: () => Promise.resolve(0) };
const snapshot = createSnapshot({
  ...{ version: 1, hash: 'bench', minEngine: 1 },
  backends: [{ name: 'main', url: upstream, dialect: 'openai', default: true }],
  settings: { anonymousLoopback: true, providerKeyIdentity: true },
  policies: preset === '' ? [] : [policyEntry({ preset, rules: outOfReach, ...noLadder })],
});
const edge = await composeEdge(
  {
    edgeId: 'bench',
    listen: { host: '127.0.0.1', port: 0 },
    ...{ tls: null, metrics: null, dataDir, shutdownMs: 1_000 },
    redaction: { enabled: true, redact_private_ips: true, patterns: [] },
    events: dataDir !== '',
    spool: { fsync: 'interval', bytes_max: 4 * 1024 ** 3 },
  },
  {
    ...{ sessions, audit, installation, log },
    doorbell: createMemoryBell({ installation, log }),
    snapshots: {
      fetch: (etag) => Promise.resolve(etag === 'bench' ? null : snapshot),
      backendKey: () => Promise.reject(new Error('there are none')),
    },
    metrics: createMetrics({ processMetrics: false }),
  },
);
process.stdout.write(`${JSON.stringify({ url: edge.url })}\n`);
process.on('SIGTERM', () => process.exit(0));
