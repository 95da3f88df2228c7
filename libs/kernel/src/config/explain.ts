/** Turns zod's issues into sentences for people, each at its place in the file. */
import type { z } from 'zod';
import type { ConfigProblem } from './problem.ts';
import { knownKeys, nearest, placesOf } from './schema-tree.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export function explainIssues(schema: z.core.$ZodType, issues: readonly Issue[], source: YamlSource): ConfigProblem[] {
  return issues.flatMap((issue) => explain(schema, issue, [], source));
}

function explain(
  schema: z.core.$ZodType,
  issue: Issue,
  base: readonly PropertyKey[],
  source: YamlSource,
): ConfigProblem[] {
  const path = [...base, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => source.problem([...path, key], unknownKey(schema, path, key), 'key'));
    case 'invalid_union': {
      const chosen = likeliest(issue.errors);
      return chosen
        ? chosen.flatMap((inner) => explain(schema, inner, path, source))
        : [source.problem(path, `must be ${alternatives(issue.errors)}`)];
    }
    case 'invalid_key':
      return [source.problem(path, 'is no name: letters, digits, - and _, at most 63, a letter or digit first', 'key')];
    case 'invalid_type':
      return [
        issue.input === undefined
          ? source.problem(path, 'is missing')
          : source.problem(path, `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`),
      ];
    case 'invalid_value':
      return [source.problem(path, `must be one of ${issue.values.map(String).join(', ')}${meant(issue)}`)];
    default:
      return [source.problem(path, issue.message)];
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with names',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'empty';
  return KINDS[typeof value] ?? typeof value;
}

/** The alternative whose kind fits the value: only what is wrong *inside* it is worth telling. */
function likeliest(alternativeIssues: readonly Issue[][]): Issue[] | null {
  return (
    alternativeIssues.find(
      (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
    ) ?? null
  );
}

function alternatives(alternativeIssues: readonly Issue[][]): string {
  const kinds = alternativeIssues.flatMap(([issue]) =>
    issue?.code === 'invalid_type' ? [KINDS[issue.expected] ?? issue.expected] : [],
  );
  return [...new Set(kinds)].join(' or ');
}

function meant(issue: { readonly values: readonly unknown[]; readonly input?: unknown }): string {
  const near = typeof issue.input === 'string' ? nearest(issue.input, issue.values.map(String)) : null;
  return near ? ` (did you mean ${near}?)` : '';
}

function unknownKey(schema: z.core.$ZodType, path: readonly PropertyKey[], key: string): string {
  const near = nearest(key, knownKeys(schema, path));
  if (near) return `unknown key: did you mean ${near}?`;
  const places = placesOf(schema, key);
  return places.length > 0 ? `unknown key here: it belongs at ${places.slice(0, 3).join(' or ')}` : 'unknown key';
}
