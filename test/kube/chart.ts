/** The chart under test: its values combinations, and helm and kubectl as functions. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Binaries } from './assets.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CHART = join(ROOT, 'charts/elida');
const VALUES = fileURLToPath(new URL('./values/', import.meta.url));

/** Every combination of values that the tests install: name → arguments for helm. `default` is no values at all. */
export const COMBINATIONS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['default', []],
  ...readdirSync(VALUES)
    .filter((file) => file.endsWith('.yaml'))
    .map((file): [string, string[]] => [file.replace('.yaml', ''), ['--values', join(VALUES, file)]]),
]);

/** Without a cluster, helm assumes the version that it was built for. */
export const KUBE_VERSION = ['--kube-version', '1.34.4'];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command; a code other than 0 is a result, not an error. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, stdout, stderr: stderr || (error && code === 1 ? error.message : '') });
    });
    // A command that ends before it has read its input says so by its code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** @throws Error with what the command said where it fails. */
export async function must(command: string, args: readonly string[], input = ''): Promise<string> {
  const ran = await run(command, args, input);
  if (ran.code !== 0) throw new Error(`${command} ${args.join(' ')}\n${ran.stderr}\n${ran.stdout}`);
  return ran.stdout;
}

interface EnvEntry {
  readonly name: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Container {
  readonly image: string;
  readonly env?: readonly EnvEntry[];
  readonly securityContext?: unknown;
  readonly resources?: {
    readonly limits?: { readonly memory?: string };
    readonly requests?: { readonly cpu?: string };
  };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly securityContext?: unknown;
  readonly terminationGracePeriodSeconds?: number;
}

/** As much of a manifest as the tests look into. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec> & {
    readonly template?: { readonly spec: PodSpec };
    readonly policyTypes?: readonly string[];
    readonly egress?: unknown;
    readonly ingress?: readonly {
      readonly from?: readonly { readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> } }[];
    }[];
  };
}

export const manifestsIn = (yaml: string): Manifest[] =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

export async function render(binaries: Binaries, args: readonly string[], release = 'elida'): Promise<Manifest[]> {
  return manifestsIn(
    await must(binaries.helm, ['template', release, CHART, '--namespace', 'elida-test', ...KUBE_VERSION, ...args]),
  );
}
