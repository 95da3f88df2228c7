/**
 * A cluster whose pods run, for the one test that needs it (ELIDA_TEST_CLUSTER=1). Two ways:
 *
 *   ELIDA_TEST_NODE=<folder>   scripts that make a one-node cluster on this machine: `up` prints a kubeconfig, `load IMAGE…` puts images of
 *                              buildah's store onto it, `images NAME…` makes base images, `down` removes all of it. The images of ELIDA are built.
 *   KUBECONFIG=<file>          a cluster that is there, with the images elida/* and a Service network that this machine reaches.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, ROOT } from './chart.ts';

const SERVICES = ['edge-proxy', 'control-plane', 'audit-worker'] as const;
/** The chart's appVersion: an install with no values finds these. */
const TAG = '0.1.0';
const STORES = ['docker.io/library/redis:7', 'docker.io/library/nats:2', 'docker.io/library/postgres:15'];

export interface RunningCluster {
  readonly kubeconfig: string;
  down(): Promise<void>;
}

const imageOf = (service: string): string => `docker.io/elida/${service}:${TAG}`;

/** The Dockerfiles as they are, by buildah, without a daemon and without user namespaces. */
async function buildImages(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'elida-images-'));
  const args = ['bud', '--format', 'docker', '--quiet'];
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  if (authority && existsSync(authority)) {
    // A private certificate authority of this machine reaches npm as a build secret and a mount: nothing of it stays.
    writeFileSync(join(folder, 'npmrc'), 'cafile=/run/authority.pem\n');
    args.push('--volume', `${authority}:/run/authority.pem:ro`, '--secret', `id=npmrc,src=${join(folder, 'npmrc')}`);
  }
  for (const service of SERVICES) {
    const file = join(ROOT, `deploy/docker/${service}.Dockerfile`);
    await must('env', [
      ...['STORAGE_DRIVER=vfs', 'BUILDAH_ISOLATION=chroot', 'buildah'],
      ...[...args, '--tag', imageOf(service), '--file', file, ROOT],
    ]);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** @throws Error that says what is missing. */
export async function clusterUp(): Promise<RunningCluster> {
  const scripts = process.env.ELIDA_TEST_NODE;
  if (!scripts) {
    const kubeconfig = process.env.KUBECONFIG;
    if (!kubeconfig)
      throw new Error('ELIDA_TEST_CLUSTER=1 needs ELIDA_TEST_NODE or KUBECONFIG (see test/kube/README.md)');
    return { kubeconfig, down: () => Promise.resolve() };
  }
  await must(join(scripts, 'images'), ['node', 'redis', 'nats', 'postgres']);
  if (process.env.ELIDA_TEST_IMAGES !== 'built') await buildImages();
  const printed = await must(join(scripts, 'up'), []);
  const kubeconfig = printed.trim().split('\n').at(-1) ?? '';
  await must(join(scripts, 'load'), [...STORES, ...SERVICES.map(imageOf)]);
  return {
    kubeconfig,
    async down() {
      await must(join(scripts, 'down'), []);
    },
  };
}

export const newHint = (): string => `kube-${randomBytes(6).toString('hex')}`;
