/** The Docker way to a backend. */
import type { Backend } from './backend.ts';
import type { Recipe } from './obtain.ts';

/** @returns the running backend, or why Docker could not give one. */
export async function startContainer(recipe: Recipe): Promise<{ backend: Backend } | { problem: unknown }> {
  const { name, port, scheme, env } = recipe.image;
  try {
    // Loaded only here: it is large, and most machines get their backends another way.
    const { GenericContainer } = await import('testcontainers');
    const running = await new GenericContainer(name).withExposedPorts(port).withEnvironment(env).start();
    const user = recipe.name === 'postgres' ? 'elida@' : '';
    const path = recipe.name === 'postgres' ? '/postgres' : '';
    return {
      backend: {
        name: recipe.name,
        url: `${scheme}://${user}${running.getHost()}:${running.getMappedPort(port)}${path}`,
        pid: 0,
        origin: `docker ${name}`,
        async stop() {
          await running.stop();
        },
      },
    };
  } catch (problem) {
    return { problem };
  }
}
