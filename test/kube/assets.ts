/**
 * Kubernetes' own binaries for tests: KUBEBUILDER_ASSETS (the convention of envtest) → PATH → what `test/kube/assets/build` made
 * before → built by it now where a backend is required (CI) and go is there → a named skip.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAMES = ['etcd', 'kube-apiserver', 'kubectl', 'helm'] as const;
export type Binaries = Readonly<Record<(typeof NAMES)[number], string>>;

const BUILD = fileURLToPath(new URL('./assets/build', import.meta.url));
const BUILT = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kube-assets/v1.34.4');

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find(name: string): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS ? [process.env.KUBEBUILDER_ASSETS] : [];
  const folders = [...assets, ...(process.env.PATH ?? '').split(delimiter), BUILT];
  return folders.map((folder) => join(folder, name)).find(executable);
}

function findAll(): { binaries: Binaries } | { missing: string[] } {
  const found = NAMES.map((name) => [name, find(name)] as const);
  const missing = found.filter(([, file]) => file === undefined).map(([name]) => name);
  return missing.length > 0 ? { missing } : { binaries: Object.fromEntries(found) as Binaries };
}

/** @returns the binaries, or why there are none and what to do about it. */
export function kubeBinaries(): { binaries: Binaries } | { reason: string } {
  const found = findAll();
  if ('binaries' in found) return found;
  const required = process.env.ELIDA_REQUIRE_BACKENDS === '1';
  if (required && find('go')) {
    process.stderr.write(`elida: building ${found.missing.join(', ')} from Go modules, once\n`);
    execFileSync(BUILD, { stdio: ['ignore', 'ignore', 'inherit'] });
    const built = findAll();
    if ('binaries' in built) return built;
  }
  const ways = ['set KUBEBUILDER_ASSETS', 'put them on PATH', 'run test/kube/assets/build (needs go, minutes, once)'];
  const reason = `no ${found.missing.join(', ')} on this machine. Ways out: ${ways.join('; ')}`;
  if (required) throw new Error(reason);
  return { reason };
}
