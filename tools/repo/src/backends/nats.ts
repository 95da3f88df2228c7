/** NATS 2: ELIDA_TEST_NATS_URL → nats-server on PATH → Docker → apt-get. Core NATS only: no JetStream. */
import { answers, type Backend, type BackendOptions, findBinary, type LocalServer, startLocal } from './backend.ts';
import { obtain } from './obtain.ts';

const local = (binary: string): LocalServer => ({
  name: 'nats',
  binary,
  args: (port) => ['--addr', '127.0.0.1', '--port', String(port)],
  ready: (port) => answers(port, '', 'INFO'),
  url: (port) => `nats://127.0.0.1:${port}`,
});

export const startNats = (options: BackendOptions = {}): Promise<Backend> =>
  obtain({
    name: 'nats',
    variable: 'ELIDA_TEST_NATS_URL',
    packages: ['nats-server'],
    image: { name: 'nats:2-alpine', port: 4222, scheme: 'nats', env: {} },
    ...(options.own ? { own: true } : {}),
    async startLocal() {
      const binary = findBinary('nats-server');
      return binary ? startLocal(local(binary), options) : null;
    },
  });
