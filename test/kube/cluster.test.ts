/**
 * The chart in a cluster whose pods run: installed with no values, used, killed in, upgraded, removed. Needs root (or a cluster) and minutes,
 * so it runs where it is asked for: `ELIDA_TEST_CLUSTER=1 npm test -- test/kube/cluster` (test/kube/README.md).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStream, type Stream } from './agent.ts';
import { kubeBinaries } from './assets.ts';
import { CHART, must } from './chart.ts';
import { clusterUp, newHint, type RunningCluster } from './cluster.ts';

const asked = process.env.ELIDA_TEST_CLUSTER === '1';
const title = asked ? 'a running cluster' : 'a running cluster [set ELIDA_TEST_CLUSTER=1: it needs root and minutes]';

const NAMESPACE = 'elida-test';
/** The built-in demo says a word every 20 ms: half a minute. */
const LONG = 'say 1500 words';
/** Only what the model says to its end has it: a kill has the error instead. */
const COMPLETE = '"finish_reason":"stop"';
const REASON = 'stopped by the security team';

const took = async <T>(what: string, work: Promise<T>): Promise<T> => {
  const start = performance.now();
  const result = await work;
  process.stderr.write(`${what}: ${((performance.now() - start) / 1_000).toFixed(1)} s\n`);
  return result;
};

describe.skipIf(!asked)(title, () => {
  let cluster: RunningCluster;
  let binaries: { kubectl: string; helm: string };
  let edges: string[];
  let service: string;
  let control: string;
  let key: string;
  let ownerKey: string;

  const kubectl = (...args: string[]): Promise<string> =>
    must(binaries.kubectl, ['--kubeconfig', cluster.kubeconfig, '--namespace', NAMESPACE, ...args]);
  const helm = (...args: string[]): Promise<string> =>
    must(binaries.helm, ['--kubeconfig', cluster.kubeconfig, '--namespace', NAMESPACE, ...args]);
  const ask = (hint: string, prompt: string, base = service): Promise<Stream> =>
    openStream({ base, key, hint, prompt });

  async function secret(name: string): Promise<string> {
    const value = await kubectl('get', 'secret', 'elida', '-o', `jsonpath={.data.${name}}`);
    return Buffer.from(value, 'base64').toString('utf8');
  }

  async function order(kind: 'kill' | 'resume', session: string): Promise<Record<string, unknown>> {
    const reply = await fetch(`${control}/api/v1/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind, selector: { scope: 'session', id: session }, reason: REASON }),
    });
    expect(reply.status).toBeLessThan(300);
    return (await reply.json()) as Record<string, unknown>;
  }

  async function podAddresses(): Promise<string[]> {
    const selector = 'app.kubernetes.io/component=edge';
    const found = await kubectl('get', 'pods', '-l', selector, '-o', 'jsonpath={.items[*].status.podIP}');
    return found.split(' ').map((address) => `http://${address}:8080`);
  }

  beforeAll(async () => {
    const found = kubeBinaries();
    if ('reason' in found) throw new Error(found.reason);
    binaries = found.binaries;
    cluster = await took('cluster up, images built and loaded', clusterUp());
    await took(
      'helm install --wait',
      helm('install', 'elida', CHART, '--create-namespace', '--wait', '--timeout', '3m'),
    );
    const address = (name: string): Promise<string> =>
      kubectl('get', 'service', name, '-o', 'jsonpath=http://{.spec.clusterIP}:{.spec.ports[0].port}');
    [service, control] = await Promise.all([address('elida-edge'), address('elida-control-plane')]);
    [key, ownerKey] = await Promise.all([secret('client-key'), secret('owner-key')]);
    edges = await podAddresses();
  }, 1_200_000);

  afterAll(() => cluster?.down(), 120_000);

  it('answers a streamed request through the Service, with the key that it generated', async () => {
    const stream = await ask(newHint(), 'hello');
    expect(stream.status).toBe(200);
    expect(stream.headers.get('x-elida-session-id')).toMatch(/^ses_/);
    const { text, broken } = await stream.ended;
    expect(broken).toBe('');
    expect(text).toMatch(/^data: \{/);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('has no open listener: no key, a foreign key and the wrong role are refused', async () => {
    for (const credentials of [{}, { authorization: 'Bearer elida_nobody_0123456789' }]) {
      for (const url of [`${service}/v1/models`, `${control}/api/v1/sessions`, `${control}/control/sessions`]) {
        expect((await fetch(url, { headers: credentials })).status, url).toBe(401);
      }
    }
    const reply = await fetch(`${control}/api/v1/sessions`, { headers: { authorization: `Bearer ${key}` } });
    expect(reply.status).toBe(403);
  });

  it('serves the pages of the control plane out of its image', async () => {
    for (const page of ['/', '/docs', '/docs/swagger-ui-bundle.js', '/api/v1/openapi.json']) {
      expect((await fetch(`${control}${page}`)).status, page).toBe(200);
    }
  });

  it('passes helm test', async () => {
    expect(await took('helm test', helm('test', 'elida'))).toContain('Succeeded');
  });

  it('kills one session on both edges in mid-sentence, and refuses it on every edge afterwards', async () => {
    expect(edges).toHaveLength(2);
    const hint = newHint();
    const streams = await Promise.all([...edges, service].map((base) => ask(hint, LONG, base)));
    await Promise.all(streams.map(({ begun }) => begun));
    const [session, ...others] = new Set(streams.map(({ headers }) => headers.get('x-elida-session-id') ?? ''));
    expect(others).toEqual([]);
    const bystander = await ask(newHint(), LONG);

    const start = Date.now();
    const killed = await order('kill', session ?? '');
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    const lastMs = Math.max(...ends.map(({ at }) => at)) - start;
    process.stderr.write(`kill: last of ${ends.length} streams over 2 pods ended after ${lastMs} ms\n`);
    expect(killed).toMatchObject({ exchanges_cut: 3, edges: { acked: 2, of: 2, missing: [] }, durable: true });
    expect(lastMs).toBeLessThan(1_000);
    for (const { text, broken } of ends) {
      expect(broken).toBe('');
      expect(text).toContain('"code":"session_killed"');
      expect(text).toContain(REASON);
      expect(text).not.toContain(COMPLETE);
    }
    for (const base of [...edges, service]) {
      const refused = await ask(hint, 'again', base);
      expect(refused.status).toBe(403);
      expect((await refused.ended).text).toContain(REASON);
    }
    expect((await bystander.ended).text).toContain(COMPLETE);

    await order('resume', session ?? '');
    expect((await ask(hint, 'hello')).status).toBe(200);
  }, 90_000);

  it('rolls to a new revision without cutting a stream or refusing a request', async () => {
    const streams = await Promise.all(Array.from({ length: 8 }, () => ask(newHint(), LONG)));
    await Promise.all(streams.map(({ begun }) => begun));
    const rolling = took(
      'helm upgrade --wait under load',
      helm('upgrade', 'elida', CHART, '--wait', '--timeout', '3m', '--set-string', 'edge.podAnnotations.rolled=yes'),
    );
    let over = false;
    const probes: number[] = [];
    const probing = (async () => {
      while (!over) {
        const probe = await ask(newHint(), 'hello');
        probes.push((await probe.ended).broken ? 0 : probe.status);
        await sleep(50);
      }
    })();
    await rolling.finally(() => {
      over = true;
    });
    await probing;
    expect(probes.length).toBeGreaterThan(10);
    expect(new Set(probes)).toEqual(new Set([200]));
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    for (const { text, broken } of ends) {
      expect(broken).toBe('');
      expect(text).toContain(COMPLETE);
    }
    const names = await podAddresses();
    expect(names.some((address) => !edges.includes(address))).toBe(true);
    expect(await secret('client-key')).toBe(key);
  }, 240_000);

  it('uninstall leaves nothing', async () => {
    const start = performance.now();
    await helm('uninstall', 'elida');
    const kinds = 'deploy,sts,rs,pod,svc,cm,secret,sa,netpol,pdb,pvc,ingress,hpa';
    const left = async (): Promise<string[]> =>
      (await kubectl('get', kinds, '-o', 'name'))
        .split('\n')
        .filter((name) => name !== '' && name !== 'serviceaccount/default' && name !== 'configmap/kube-root-ca.crt');
    let names = await left();
    for (; names.length > 0 && performance.now() - start < 90_000; names = await left()) await sleep(500);
    process.stderr.write(`uninstall: ${((performance.now() - start) / 1_000).toFixed(1)} s\n`);
    expect(names).toEqual([]);
  }, 120_000);
});
