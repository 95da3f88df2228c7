/**
 * Kubernetes' own binaries for tests: KUBEBUILDER_ASSETS (the convention of envtest) → PATH → what `test/kube/assets/build` has made from their
 * Go modules (.ci/run does; it takes minutes, so no test does it unasked) → a named skip.
 */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['etcd', 'kube-apiserver', 'kubectl', 'helm'] as const;
export type Binaries = Readonly<Record<(typeof NAMES)[number], string>>;

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

/** @returns the binaries, or why there are none and what to do about it. @throws where a backend is required. */
export function kubeBinaries(): { binaries: Binaries } | { reason: string } {
  const found = NAMES.map((name) => [name, find(name)] as const);
  const missing = found.filter(([, file]) => file === undefined).map(([name]) => name);
  if (missing.length === 0) return { binaries: Object.fromEntries(found) as Binaries };
  const ways = ['set KUBEBUILDER_ASSETS', 'put them on PATH', 'run test/kube/assets/build (needs go, minutes, once)'];
  const reason = `no ${missing.join(', ')} on this machine. Ways out: ${ways.join('; ')}`;
  if (process.env.ELIDA_REQUIRE_BACKENDS === '1') throw new Error(reason);
  return { reason };
}
