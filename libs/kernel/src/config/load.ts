/**
 * The configuration file: YAML → `ConfigFile`, or every mistake at once with line and column. Parts that this version
 * does not act on yet are accepted and named in one warning.
 */
import { readFileSync } from 'node:fs';
import { type ConfigFile, fileSchema, LATER, LATER_EXCEPT } from '@elida/contracts';
import { crossProblems, normalise } from './cross-checks.ts';
import type { Environment } from './environment.ts';
import { explainIssues } from './explain.ts';
import { ConfigError, type ConfigProblem, problemAt } from './problem.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export type LoadedConfig =
  | { readonly config: ConfigFile; readonly warnings: readonly string[] }
  | { readonly problems: readonly ConfigProblem[] };

/** What only another library can judge, such as a pattern's syntax: told at its place in the file, like any mistake. */
export type ConfigCheck = (
  config: ConfigFile,
) => readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];

const FILE_BYTES_MAX = 4_194_304;

export function parseConfigText(
  text: string,
  environment: Environment,
  checks: readonly ConfigCheck[] = [],
): LoadedConfig {
  const source = readYaml(text, environment);
  const data = source.data ?? {};
  if (!source.sound) return { problems: inOrder(source.problems) };
  if (typeof data !== 'object' || Array.isArray(data)) {
    return { problems: [source.problem([], 'the file must hold keys and values, such as `listen: 127.0.0.1:8080`')] };
  }
  const parsed = parseWithExpanded(data, source);
  const problems = [
    ...source.problems,
    ...crossProblems(data, (path, message) => source.problem(path, message)),
    ...(parsed.success
      ? checks.flatMap((check) => check(parsed.data).map(({ path, message }) => source.problem(path, message)))
      : explainIssues(fileSchema, parsed.error.issues, source)),
  ];
  // A missing variable leaves a wrong value behind: one mistake, said once.
  if (problems.length > 0 || !parsed.success) return { problems: inOrder(onePerPlace(problems)) };
  const later = LATER.filter((path) => hasEffectLater(data, path));
  return {
    config: deepFreeze(normalise(parsed.data)),
    warnings: later.length > 0 ? [`accepted, but without effect in this version: ${later.join(', ')}`] : [],
  };
}

/** @param path undefined: no file, the defaults. */
export function loadConfigFile(
  path: string | undefined,
  environment: Environment,
  checks: readonly ConfigCheck[] = [],
): LoadedConfig {
  if (path === undefined) return parseConfigText('', environment);
  let text: string;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > FILE_BYTES_MAX) return { problems: [problemAt(path, 'is larger than 4 MiB')] };
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    return { problems: [problemAt(path, unreadable(error))] };
  }
  return parseConfigText(text, environment, checks);
}

/** For a process that cannot start without it. @throws ConfigError */
export function requireConfigFile(
  path: string | undefined,
  environment: Environment,
  checks: readonly ConfigCheck[] = [],
): Extract<LoadedConfig, { config: ConfigFile }> {
  const loaded = loadConfigFile(path, environment, checks);
  if ('problems' in loaded) throw new ConfigError(loaded.problems, path);
  return loaded;
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
}

type Parsed = ReturnType<typeof fileSchema.safeParse>;

/** `enabled: ${FLAG}` and `db: ${N}` come out of the environment as text: read again what the schema wants as a flag or a number. */
function parseWithExpanded(data: object, source: YamlSource): Parsed {
  const first = fileSchema.safeParse(data, { reportInput: true });
  if (first.success) return first;
  let changed = false;
  for (const issue of first.error.issues) {
    if (issue.code !== 'invalid_type' || typeof issue.input !== 'string' || !source.expanded(issue.path)) continue;
    const value = scalarOf(issue.input, issue.expected);
    if (value === null) continue;
    changed = setAt(data, issue.path, value) || changed;
  }
  return changed ? fileSchema.safeParse(data, { reportInput: true }) : first;
}

function scalarOf(text: string, expected: string): boolean | number | null {
  if (expected === 'boolean') return text === 'true' ? true : text === 'false' ? false : null;
  if (expected === 'number' || expected === 'int') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
  return null;
}

function setAt(data: object, path: readonly PropertyKey[], value: unknown): boolean {
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)?.[key], data);
  const key = path.at(-1);
  if (typeof parent !== 'object' || parent === null || key === undefined) return false;
  (parent as Record<PropertyKey, unknown>)[key] = value;
  return true;
}

function hasEffectLater(data: unknown, path: string): boolean {
  const values = valuesAt(data, path.split('.'));
  return values.some((value) => !(path in LATER_EXCEPT) || LATER_EXCEPT[path] !== value);
}

/** What stands at a path; `*` is any name. */
function valuesAt(data: unknown, [key, ...rest]: readonly string[]): unknown[] {
  if (key === undefined) return data === undefined ? [] : [data];
  if (typeof data !== 'object' || data === null) return [];
  if (key === '*') return Object.values(data).flatMap((child) => valuesAt(child, rest));
  return Object.hasOwn(data, key) ? valuesAt((data as Record<string, unknown>)[key], rest) : [];
}

const inOrder = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column);

const onePerPlace = (problems: readonly ConfigProblem[]): ConfigProblem[] => {
  const variables = new Set(problems.filter((p) => /environment variable/.test(p.message)).map((p) => p.path));
  return problems.filter((p) => !variables.has(p.path) || /environment variable/.test(p.message));
};

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
