/** Redis 7 or newer: ELIDA_TEST_REDIS_URL → redis-server on PATH → Docker → apt-get. */
import { answers, type Backend, type BackendOptions, findBinary, type LocalServer, startLocal } from './backend.ts';
import { obtain } from './obtain.ts';

const local = (binary: string): LocalServer => ({
  name: 'redis',
  binary,
  // noeviction and a file of its own: as production is told to run it. Persistent, so that a restart keeps what was stored.
  args: (port, dataDir) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--maxmemory-policy', 'noeviction'],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
  ],
  ready: (port) => answers(port, 'PING\r\n', '+PONG'),
  url: (port) => `redis://127.0.0.1:${port}`,
});

export const startRedis = (options: BackendOptions = {}): Promise<Backend> =>
  obtain({
    name: 'redis',
    variable: 'ELIDA_TEST_REDIS_URL',
    packages: ['redis-server'],
    image: { name: 'redis:7-alpine', port: 6379, scheme: 'redis', env: {} },
    ...(options.own ? { own: true } : {}),
    async startLocal() {
      const binary = findBinary('redis-server');
      return binary ? startLocal(local(binary), options) : null;
    },
  });
