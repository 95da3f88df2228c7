/** The ways to a backend, in order: environment → a binary of this machine → Docker → apt-get as root on Debian. */
import { aptInstall, type Backend, type BackendName, BackendUnavailable } from './backend.ts';
import { startContainer } from './container.ts';

export interface Recipe {
  readonly name: BackendName;
  /** Environment variable with the URL of a running one. */
  readonly variable: string;
  readonly packages: readonly string[];
  readonly image: {
    readonly name: string;
    readonly port: number;
    readonly scheme: string;
    readonly env: Record<string, string>;
  };
  /** Must be a process of ours that can be frozen and killed. */
  readonly own?: boolean;
  /** Starts the one of this machine; null where there is none. Asked again after apt-get. */
  startLocal(): Promise<Backend | null>;
}

const log = (line: string): boolean => process.stderr.write(`elida: ${line}\n`);

/** @throws BackendUnavailable where there is none; any other error where there is one and it does not start. */
export async function obtain(recipe: Recipe): Promise<Backend> {
  const url = process.env[recipe.variable];
  if (url && !recipe.own) {
    return { name: recipe.name, url, pid: 0, origin: recipe.variable, stop: () => Promise.resolve() };
  }
  const local = await recipe.startLocal();
  if (local) return local;
  const container = recipe.own ? null : await startContainer(recipe);
  if (container && 'backend' in container) return container.backend;
  if (aptInstall(recipe.packages, log)) {
    const installed = await recipe.startLocal();
    if (installed) return installed;
  }
  const packages = recipe.packages.join(' ');
  const ways = [`set ${recipe.variable}`, 'run Docker', `apt-get install ${packages}, or have it on PATH`];
  throw new BackendUnavailable(recipe.name, ways, container?.problem);
}
