/** The chart against a real API server without nodes: what it accepts, what an upgrade keeps, what an uninstall leaves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { kubeBinaries } from './assets.ts';
import { CHART, COMBINATIONS, KUBE_VERSION, must } from './chart.ts';

const found = kubeBinaries();
const title = 'reason' in found ? `the chart in a cluster [${found.reason}]` : 'the chart in a cluster';

const NAMESPACE = 'elida-test';

describe.skipIf('reason' in found)(title, () => {
  const binaries = 'binaries' in found ? found.binaries : { etcd: '', 'kube-apiserver': '', kubectl: '', helm: '' };
  let server: ApiServer;

  beforeAll(async () => {
    server = await startApiServer(binaries);
    await kubectl('create', 'namespace', NAMESPACE);
    // A controller does this where there is one; the pod of `helm test` runs under it.
    await kubectl('create', 'serviceaccount', 'default');
  });
  afterAll(() => server?.stop());

  const kubectl = (...args: string[]): Promise<string> =>
    must(binaries.kubectl, ['--kubeconfig', server.kubeconfig, '--namespace', NAMESPACE, ...args]);
  const helm = (...args: string[]): Promise<string> =>
    must(binaries.helm, ['--kubeconfig', server.kubeconfig, '--namespace', NAMESPACE, ...args]);

  /** Name → data, of every Secret that is ours. */
  async function secrets(): Promise<Record<string, Record<string, string>>> {
    const list = JSON.parse(await kubectl('get', 'secrets', '-l', 'app.kubernetes.io/part-of=elida', '-o', 'json'));
    return Object.fromEntries(
      list.items.map((item: { metadata: { name: string }; data: Record<string, string> }) => [
        item.metadata.name,
        Object.fromEntries(
          Object.entries(item.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
        ),
      ]),
    );
  }

  /** Everything of the release that a person would find, as kind/name. */
  async function objects(): Promise<string[]> {
    const kinds = 'deploy,sts,svc,cm,secret,sa,netpol,pdb,hpa,ingress,pod,pvc';
    const listed = await kubectl('get', kinds, '-l', 'app.kubernetes.io/part-of=elida', '-o', 'name');
    return listed.split('\n').filter(Boolean);
  }

  it.each([...COMBINATIONS])('accepts every manifest of the values "%s"', async (_name, values) => {
    const render = ['template', 'elida', CHART, '--namespace', NAMESPACE, ...KUBE_VERSION, ...values];
    const yaml = await must(binaries.helm, render);
    const args = ['--kubeconfig', server.kubeconfig, 'apply', '--dry-run=server', '--validate=strict', '-f', '-'];
    const said = await must(binaries.kubectl, args, yaml);
    const documents = yaml.split(/^kind: /m).length - 1;
    expect(said.split('\n').filter((line) => line.endsWith('(server dry run)'))).toHaveLength(documents);
  });

  it('keeps every generated secret over an upgrade, and leaves nothing behind', async () => {
    await helm('install', 'elida', CHART);
    const before = await secrets();
    expect(Object.keys(before).sort()).toEqual(['elida', 'elida-nats', 'elida-postgres', 'elida-redis']);
    expect(before.elida?.secret).toMatch(/^.{32,}$/);
    const keys = ['owner-key', 'edge-key', 'client-key'].map((name) => before.elida?.[name]);
    for (const key of keys) expect(key).toMatch(/^elida_[a-z0-9]{12}_[A-Za-z0-9]{43}$/);
    expect(new Set(keys).size).toBe(3);

    await helm('upgrade', 'elida', CHART, '--set', 'edge.replicas=3');
    expect(await secrets()).toEqual(before);
    expect(await kubectl('get', 'deploy', 'elida-edge', '-o', 'jsonpath={.spec.replicas}')).toBe('3');

    await helm('uninstall', 'elida');
    expect(await objects()).toEqual([]);
  });

  it('two installs share no secret', async () => {
    await helm('install', 'elida', CHART);
    const first = await secrets();
    await helm('uninstall', 'elida');
    await helm('install', 'elida', CHART);
    const second = await secrets();
    await helm('uninstall', 'elida');
    for (const [name, data] of Object.entries(first)) {
      for (const [key, value] of Object.entries(data)) expect(second[name]?.[key], `${name}/${key}`).not.toBe(value);
    }
  });

  it('with volumes that outlive it, its secrets do too, and the next install takes them up', async () => {
    const persistent = [...(COMBINATIONS.get('persistent') ?? [])];
    await helm('install', 'elida', CHART, ...persistent);
    const before = await secrets();
    await helm('uninstall', 'elida');
    const { 'elida-nats': _nats, ...kept } = before;
    expect(await secrets()).toEqual(kept);
    await helm('install', 'elida', CHART, ...persistent);
    expect(await secrets()).toMatchObject(kept);
    await helm('uninstall', 'elida');
  });

  it('a second release in the same namespace is one of its own', async () => {
    await helm('install', 'elida', CHART);
    await helm('install', 'other', CHART);
    const selectors = JSON.parse(await kubectl('get', 'svc', '-o', 'json')).items.map(
      (item: { spec: { selector?: unknown } }) => JSON.stringify(item.spec.selector),
    );
    expect(new Set(selectors).size).toBe(selectors.length);
    await helm('uninstall', 'other');
    await helm('uninstall', 'elida');
  });
});
