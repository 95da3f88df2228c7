/** The other ways to run it: Dockerfiles, compose, skaffold. As text, because there is no Docker engine in tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubeBinaries } from './assets.ts';
import { CHART, KUBE_VERSION, manifestsIn, must, ROOT } from './chart.ts';

const yaml = (path: string) => parse(readFileSync(join(ROOT, path), 'utf8'), { merge: true });
const SERVICES = ['edge-proxy', 'control-plane', 'audit-worker'];

describe('the Dockerfiles', () => {
  const read = (service: string): string => readFileSync(join(ROOT, `deploy/docker/${service}.Dockerfile`), 'utf8');

  it('differ in the service and its ports only, so that the build stage is built once', () => {
    const shape = (service: string): string =>
      read(service)
        .replaceAll(service, 'SERVICE')
        .replace(/^# The .*\n/m, '')
        .replace(/^EXPOSE .*$/m, 'EXPOSE')
        .replace(/-w services\/.*$/m, '-w ALL');
    expect(shape('control-plane')).toBe(shape('edge-proxy'));
    expect(shape('audit-worker')).toBe(shape('edge-proxy'));
  });

  it('end as a user without rights', () => {
    expect(read('edge-proxy')).toMatch(/\nUSER 1000:1000\n/);
  });
});

describe('the compose file', () => {
  const { services } = yaml('deploy/compose/compose.yaml');

  it('hardens every container, and publishes on loopback only', () => {
    expect(Object.keys(services)).toHaveLength(7);
    for (const [name, service] of Object.entries<Record<string, string[]>>(services)) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('holds no secret, and does not start without one', () => {
    const variables = Object.values<{ environment?: Record<string, string> }>(services).flatMap(({ environment }) =>
      Object.entries(environment ?? {}),
    );
    const secrets = variables.filter(([name]) => /SECRET|KEY|PASSWORD|REDIS_URL|NATS_URL|POSTGRES_URL/.test(name));
    expect(secrets.length).toBeGreaterThan(10);
    for (const [name, value] of secrets) expect(value, name).toMatch(/\$\{[A-Z_]+:\?/);
  });

  it('lets an edge drain before it is killed', () => {
    const seconds = Number.parseInt(services['edge-1'].stop_grace_period, 10);
    expect(seconds).toBeGreaterThan(Number.parseInt(yaml('deploy/compose/elida.yaml').shutdown_timeout, 10) + 10);
  });
});

describe('skaffold.yaml', () => {
  const { build, deploy } = yaml('skaffold.yaml');
  const [release] = deploy.helm.releases;

  it('builds every image from its Dockerfile', () => {
    const built = build.artifacts.map((artifact: { image: string; docker: { dockerfile: string } }) => [
      artifact.image,
      artifact.docker.dockerfile,
    ]);
    expect(built).toEqual(SERVICES.map((name) => [`elida/${name}`, `deploy/docker/${name}.Dockerfile`]));
  });

  const found = kubeBinaries();
  it.skipIf('reason' in found)('sets values that the chart has, and every image by what was built', async () => {
    const helm = 'binaries' in found ? found.binaries.helm : '';
    const values = { ...release.setValues, ...release.setValueTemplates };
    const built = (value: unknown): string => String(value).replace(/\{\{\.IMAGE_(\w+?)_(\w+)\}\}/, 'built-$1-$2');
    const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${built(value)}`]);
    const rendered = await must(helm, ['template', 'elida', CHART, ...KUBE_VERSION, ...set]);
    const images = manifestsIn(rendered)
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => spec?.template?.spec.containers[0]?.image);
    const expected = SERVICES.map((name) => `elida_${name.replace('-', '_')}`);
    expect(images.sort()).toEqual(expected.map((name) => `built-REPO-${name}:built-TAG-${name}`).sort());
  });
});
