/** An edge of its own process for tests that kill it: sessions in memory, records through a spool to the real queue. */
import { createSnapshot } from '@elida/contracts';
import { composeEdge } from '@elida/edge-proxy/compose';
import { createLog, openInstallation } from '@elida/kernel';
import { createMemoryBell } from '@elida/nats/memory';
import { createBullAuditQueue } from '@elida/queue';
import { createMemorySessionStore } from '@elida/session';
import { createMetrics } from '@elida/telemetry';

const [upstream = '', redisUrl = '', dataDir = ''] = process.argv.slice(2);
const log = createLog({ level: 'info' });
const installation = openInstallation('a-secret-of-more-than-thirty-two-characters');
const sessions = createMemorySessionStore({ now: () => Date.now() });
await sessions.markReady();
const snapshot = createSnapshot({
  ...{ version: 1, hash: 'one', minEngine: 1 },
  backends: [{ name: 'main', url: upstream, dialect: 'openai', default: true }],
  settings: { anonymousLoopback: true, providerKeyIdentity: true, auditMode: 'strict' },
});
const audit = createBullAuditQueue({ redisUrl, log });
const edge = await composeEdge(
  {
    edgeId: 'edge-killed',
    listen: { host: '127.0.0.1', port: 0 },
    ...{ tls: null, metrics: null, dataDir, shutdownMs: 1_000, events: true },
    spool: { fsync: 'interval', bytes_max: 10_000_000 },
    redaction: { enabled: true, redact_private_ips: true, patterns: [] },
  },
  {
    ...{ sessions, audit, installation, log },
    doorbell: createMemoryBell({ installation, log }),
    snapshots: {
      fetch: (etag) => Promise.resolve(etag === 'one' ? null : snapshot),
      backendKey: () => Promise.reject(new Error('there are none')),
    },
    metrics: createMetrics({ processMetrics: false }),
  },
);
process.once('SIGTERM', async () => {
  await edge.close();
  await audit.close();
  process.exit(0);
});
process.stdout.write(`${JSON.stringify({ url: edge.url })}\n`);
