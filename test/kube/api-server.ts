/** A real kube-apiserver on its own etcd, without nodes: what it accepts is what a cluster accepts. Ready in about 2 s. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, freePort, startChild } from '@elida/repo';
import type { Binaries } from './assets.ts';

export interface ApiServer {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const READY_MS = 60_000;

const kubeconfigOf = (port: number): string => `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:${port}", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: test-admin}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
`;

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: 'Bearer test-admin' };
    request({ port, host: '127.0.0.1', path: '/readyz', headers, rejectUnauthorized: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

function startEtcd(binaries: Binaries, folder: string, client: number, peer: number): Promise<Child> {
  return startChild({
    command: binaries.etcd,
    args: [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...[
        '--listen-client-urls',
        `http://127.0.0.1:${client}`,
        '--advertise-client-urls',
        `http://127.0.0.1:${client}`,
      ],
      ...[
        '--listen-peer-urls',
        `http://127.0.0.1:${peer}`,
        '--initial-advertise-peer-urls',
        `http://127.0.0.1:${peer}`,
      ],
      ...['--initial-cluster', `default=http://127.0.0.1:${peer}`],
    ],
  });
}

function startApi(binaries: Binaries, folder: string, port: number, etcd: number): Promise<Child> {
  writeFileSync(join(folder, 'tokens.csv'), 'test-admin,admin,1,"system:masters"\n', { mode: 0o600 });
  execFileSync('openssl', ['genrsa', '-out', join(folder, 'sa.key'), '2048'], { stdio: 'ignore' });
  return startChild({
    command: binaries['kube-apiserver'],
    args: [
      ...['--etcd-servers', `http://127.0.0.1:${etcd}`, '--cert-dir', join(folder, 'certs')],
      ...['--secure-port', String(port), '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-cluster-ip-range', '10.96.0.0/16'],
      ...['--service-account-key-file', join(folder, 'sa.key')],
      ...['--service-account-signing-key-file', join(folder, 'sa.key')],
      ...['--authorization-mode', 'RBAC', '--token-auth-file', join(folder, 'tokens.csv')],
    ],
  });
}

/** @throws Error with the server's last lines where it does not become ready. */
export async function startApiServer(binaries: Binaries): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'elida-kube-'));
  const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcd = await startEtcd(binaries, folder, client, peer);
  const api = await startApi(binaries, folder, port, client);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(port), { mode: 0o600 });
  const stop = async (): Promise<void> => {
    // Hard: it would wait a minute for its store otherwise.
    await api.stop('SIGKILL');
    await etcd.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + READY_MS; !(await isReady(port)); await sleep(50)) {
    if (Date.now() < deadline) continue;
    const said = `${etcd.tail()}\n${api.tail()}`;
    await stop();
    throw new Error(`kube-apiserver did not become ready:\n${said}`);
  }
  return { kubeconfig, stop };
}
