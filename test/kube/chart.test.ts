/** The chart as text: what it renders from every combination of values, and what it refuses. */
import { type LoadedConfig, parseConfigText } from '@elida/kernel';
import { describe, expect, it } from 'vitest';
import { kubeBinaries } from './assets.ts';
import { CHART, COMBINATIONS, KUBE_VERSION, type Manifest, must, type PodSpec, render, run } from './chart.ts';

const found = kubeBinaries();
const title = 'reason' in found ? `the chart [${found.reason}]` : 'the chart';

const podSpecs = (manifests: readonly Manifest[]): [string, PodSpec][] =>
  manifests.flatMap(({ kind, metadata, spec }): [string, PodSpec][] => {
    const pod = kind === 'Pod' && spec?.containers ? { ...spec, containers: spec.containers } : spec?.template?.spec;
    return pod ? [[`${kind} ${metadata.name}`, pod]] : [];
  });

function podOf(manifests: readonly Manifest[], suffix: string): PodSpec {
  const pod = podSpecs(manifests).find(([name]) => name.startsWith('Deployment ') && name.endsWith(suffix))?.[1];
  if (!pod) throw new Error(`no Deployment ${suffix}`);
  return pod;
}

const COMPONENTS = ['edge', 'control-plane', 'audit-worker'] as const;

/** What a process makes of its part of the ConfigMap. */
function configOf(
  manifests: readonly Manifest[],
  component: (typeof COMPONENTS)[number],
  environment: Record<string, string> = {},
): LoadedConfig {
  const map = manifests.find(({ kind }) => kind === 'ConfigMap');
  return parseConfigText(map?.data?.[`${component}.yaml`] ?? '', environment);
}

describe.skipIf('reason' in found)(title, () => {
  const binaries = 'binaries' in found ? found.binaries : { etcd: '', 'kube-apiserver': '', kubectl: '', helm: '' };

  describe.each([...COMBINATIONS])('with the values "%s"', (_name, values) => {
    it('passes helm lint, warnings included', async () => {
      await must(binaries.helm, ['lint', '--strict', CHART, ...KUBE_VERSION, ...values]);
    });

    it('runs nothing as root, with a writable root, with a token or without limits', async () => {
      const specs = podSpecs(await render(binaries, values));
      expect(specs.length).toBeGreaterThanOrEqual(4);
      for (const [name, spec] of specs) {
        expect(spec.automountServiceAccountToken, name).toBe(false);
        expect(spec.enableServiceLinks, name).toBe(false);
        expect(spec.securityContext, name).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const container of spec.containers) {
          expect(container.securityContext, name).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources?.limits?.memory, name).toBeTruthy();
          expect(container.resources?.requests?.cpu, name).toBeTruthy();
        }
      }
    });

    it('puts no secret anywhere but into Secrets', async () => {
      const manifests = await render(binaries, values);
      const secrets = manifests.filter(({ kind }) => kind === 'Secret');
      const rest = JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'));
      for (const secret of secrets) {
        for (const value of Object.values(secret.stringData ?? {})) expect(rest).not.toContain(value);
      }
      expect(rest).not.toMatch(/:\/\/[^/"]*:[^/"@]+@/);
    });

    it('gives every process a file that it accepts', async () => {
      for (const component of COMPONENTS) {
        const loaded = configOf(await render(binaries, values), component, { OPENAI_API_KEY: 'sk-test' });
        expect('problems' in loaded ? loaded.problems : [], component).toEqual([]);
      }
    });

    it('waits longer for an edge than its streams may take', async () => {
      const manifests = await render(binaries, values);
      const loaded = configOf(manifests, 'edge');
      const drainMs = 'config' in loaded ? loaded.config.shutdown_timeout : 0;
      const { terminationGracePeriodSeconds = 0 } = podOf(manifests, '-edge');
      expect(drainMs).toBeGreaterThan(0);
      expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(drainMs + 10_000);
    });
  });

  it('gives each process only the secrets that it needs', async () => {
    const manifests = await render(binaries, []);
    const keys = (suffix: string): string[] =>
      (podOf(manifests, suffix).containers[0]?.env ?? [])
        .flatMap(({ valueFrom }) => (valueFrom ? [`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`] : []))
        .sort();
    expect(keys('-edge')).toEqual(['elida-nats/url', 'elida-redis/url', 'elida/edge-key', 'elida/secret']);
    expect(keys('-audit-worker')).toEqual(['elida-postgres/url', 'elida-redis/url', 'elida/secret']);
    expect(keys('-control-plane')).toEqual([
      ...['elida-nats/url', 'elida-postgres/url', 'elida-redis/url'],
      ...['elida/client-key', 'elida/edge-key', 'elida/owner-key', 'elida/secret'],
    ]);
  });

  it('asks callers for an ELIDA key by default: no open listener', async () => {
    const loaded = configOf(await render(binaries, []), 'edge');
    expect(loaded).toMatchObject({
      config: { proxy: { auth: { enabled: true, provider_key_identity: false, allow_insecure: false } } },
    });
  });

  it('needs the key of a provider in the control plane only', async () => {
    const manifests = await render(binaries, COMBINATIONS.get('production') ?? []);
    expect(configOf(manifests, 'edge')).toHaveProperty('config');
    expect(configOf(manifests, 'audit-worker')).toHaveProperty('config.telemetry.enabled', true);
    expect(JSON.stringify(configOf(manifests, 'control-plane'))).toContain('OPENAI_API_KEY is not set');
  });

  it('denies all traffic of the release but the flows that are named', async () => {
    const policies = (await render(binaries, [])).filter(({ kind }) => kind === 'NetworkPolicy');
    const deny = policies.find(({ metadata }) => metadata.name.endsWith('default-deny'));
    expect(deny?.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(deny?.spec?.ingress ?? deny?.spec?.egress).toBeUndefined();
    const from = (name: string): (string | undefined)[] | undefined =>
      policies
        .find(({ metadata }) => metadata.name === `elida-${name}`)
        ?.spec?.ingress?.[0]?.from?.map(({ podSelector }) => podSelector.matchLabels['app.kubernetes.io/component']);
    expect(from('redis')).toEqual(['edge', 'control-plane', 'audit-worker']);
    expect(from('nats')).toEqual(['edge', 'control-plane']);
    expect(from('postgres')).toEqual(['control-plane', 'audit-worker']);
    // A store of ours opens no connection at all.
    for (const store of ['redis', 'nats', 'postgres']) {
      const policy = policies.find(({ metadata }) => metadata.name === `elida-${store}`);
      expect(policy?.spec?.policyTypes).toEqual(['Ingress']);
    }
  });

  it('bundles no store that is outside', async () => {
    for (const name of ['external-urls', 'external-secrets']) {
      const manifests = await render(binaries, COMBINATIONS.get(name) ?? []);
      expect(manifests.filter(({ kind }) => kind === 'StatefulSet')).toEqual([]);
    }
  });

  it('draws no Secret where every one exists already', async () => {
    const manifests = await render(binaries, COMBINATIONS.get('external-secrets') ?? []);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('keeps the pods of the bundled stores when only the version of the chart changes', async () => {
    const stores = (await render(binaries, [])).filter(({ kind }) => kind === 'StatefulSet');
    expect(stores).toHaveLength(3);
    for (const { spec } of stores)
      expect(JSON.stringify(spec?.template)).not.toMatch(/helm.sh\/chart|kubernetes.io\/version/);
  });

  it.each([
    ['a misspelled value', ['--set', 'edge.replicsa=3'], 'replicsa'],
    ['a URL of the wrong kind', ['--set', 'redis.external.url=http://redis'], '/redis/external/url'],
    ['a URL and a Secret at once', ['--set', 'nats.external.url=nats://n,nats.external.existingSecret=s'], '/nats'],
    ['an Ingress without a host', ['--set', 'edge.ingress.enabled=true'], '/edge/ingress/hosts'],
    ['a listener of its own in the file', ['--set', 'config.listen=0.0.0.0:1'], '/config'],
    ['a drain of no time', ['--set', 'edge.drainSeconds=0'], '/edge/drainSeconds'],
    ['a digest that is none', ['--set', 'edge.image.digest=latest'], '/edge/image/digest'],
  ])('refuses %s and says where', async (_what, args, where) => {
    const ran = await run(binaries.helm, ['template', 'elida', CHART, ...KUBE_VERSION, ...args]);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain(where);
  });
});
