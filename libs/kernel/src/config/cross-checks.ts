/** What no single key can say: mistakes between keys, and the short forms written out. */
import { backendSchema, type ConfigFile } from '@elida/contracts';
import type { ConfigProblem } from './problem.ts';

type Report = (path: readonly PropertyKey[], message: string) => ConfigProblem;
type Backend = ConfigFile['backends'][string];

const section = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** @param data the file before its keys are judged, so that these mistakes are told together with the others. */
export function crossProblems(data: object, report: Report): ConfigProblem[] {
  const file = section(data);
  const problems: ConfigProblem[] = [];
  const backends = section(file.backends);
  const defaults = Object.keys(backends).filter((name) => section(backends[name]).default === true);
  for (const name of defaults.slice(1)) {
    problems.push(
      report(['backends', name, 'default'], `only one backend can be the default: ${defaults[0]} is already`),
    );
  }
  if (file.backend !== undefined && Object.hasOwn(backends, 'default')) {
    problems.push(report(['backend'], 'is the short form of backends.default, which is there too: keep one of them'));
  }
  if (file.backend !== undefined && defaults[0] !== undefined && defaults[0] !== 'default') {
    problems.push(report(['backend'], `would be a second default backend: backends.${defaults[0]} is already`));
  }
  const tls = section(file.tls);
  // auto_cert is not there yet: serving in the clear instead would be a downgrade that nobody sees.
  if (tls.enabled === true) {
    for (const key of ['cert_file', 'key_file']) {
      if (!tls[key]) problems.push(report(['tls', key], 'is needed where tls.enabled is true'));
    }
  }
  if (file.redis !== undefined && section(file.session).redis !== undefined) {
    problems.push(report(['redis'], 'is the same as session.redis, which is there too: keep one of them'));
  }
  return problems;
}

/** Short forms written out: `backend` becomes `backends.default`, `redis` becomes `session.redis`. */
export function normalise(file: ConfigFile): ConfigFile {
  const { backend, redis, ...rest } = file;
  return {
    ...rest,
    backends: backend === undefined ? file.backends : { ...file.backends, default: defaultBackend(backend) },
    session: redis === undefined ? file.session : { ...file.session, redis },
  };
}

/** A backend known by its URL only. The dialect of a request shows in its path; `type` only helps where it does not. */
export function defaultBackend(url: string): Backend {
  const type = URL.parse(url)?.hostname.endsWith('anthropic.com') ? 'anthropic' : 'openai';
  return backendSchema.parse({ url, type, default: true });
}
