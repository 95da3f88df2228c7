/** Real backends for a test file: started before its tests, stopped after them; where one cannot be had, a named skip. */
import { type Backend, BackendUnavailable } from '@elida/repo';
import { afterAll, describe } from 'vitest';

type Starters = Readonly<Record<string, () => Promise<Backend>>>;
type Running<S extends Starters> = { readonly [K in keyof S]: Backend };

/**
 * `await describeWith('sessions on Redis', { redis: startRedis }, (backends) => { it(…, () => … backends.redis.url …) })`
 *
 * Read `backends` inside tests and hooks only: in a skipped suite there are none.
 * @throws where a backend cannot be had and ELIDA_REQUIRE_BACKENDS is 1.
 */
export async function describeWith<S extends Starters>(
  title: string,
  starters: S,
  body: (backends: Running<S>) => void,
): Promise<void> {
  const running = new Map<string, Backend>();
  let missing = '';
  for (const [name, start] of Object.entries(starters)) {
    try {
      running.set(name, await start());
    } catch (error) {
      for (const backend of running.values()) await backend.stop();
      if (!(error instanceof BackendUnavailable) || process.env.ELIDA_REQUIRE_BACKENDS === '1') throw error;
      missing = error.message;
      break;
    }
  }
  const backends = {} as Record<string, Backend>;
  for (const name of Object.keys(starters)) {
    Object.defineProperty(backends, name, {
      get: () => {
        const backend = running.get(name);
        if (!backend || missing) throw new Error(`${name} is read outside of a test: ${missing}`);
        return backend;
      },
    });
  }
  const suite = missing ? describe.skip : describe;
  suite(missing ? `${title} [${missing}]` : title, () => {
    afterAll(async () => {
      for (const backend of running.values()) await backend.stop();
    });
    body(backends as Running<S>);
  });
}
