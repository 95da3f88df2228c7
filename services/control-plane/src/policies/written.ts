/** A policy as a caller sent it: a document, or a text whose lines a problem can point to. */
import type { PolicyBody } from '@elida/contracts/api';
import { type ConfigProblem, Fault, type FieldError, readYaml } from '@elida/kernel';
import type { Problem } from '@elida/policy';

export interface Written {
  readonly content: Record<string, unknown>;
  /** A problem of this document, where its text has it. */
  errorOf(problem: Pick<Problem, 'path' | 'message' | 'layer'>): FieldError;
}

const fieldOf = (path: readonly (string | number)[]): string => ['body', ...path].join('.');

/** No policy nests like that; what walks a document must not run out of stack. */
const DEPTH_MAX = 64;

const isDeep = (value: unknown, left: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left === 0 || Object.values(value).some((inner) => isDeep(inner, left - 1)));

/** @throws Fault invalid where a text is no YAML, or no document. */
export function writtenOf(body: Pick<PolicyBody, 'content' | 'yaml'>): Written {
  const written = readBody(body);
  if (!isDeep(written.content, DEPTH_MAX)) return written;
  const message = `nests deeper than ${DEPTH_MAX}`;
  throw new Fault('invalid', `body: ${message}`, { errors: [{ path: 'body', message }] });
}

function readBody({ content, yaml }: Pick<PolicyBody, 'content' | 'yaml'>): Written {
  if (yaml === undefined) {
    return {
      content: content ?? {},
      errorOf: ({ path, message, layer }) => ({ path: fieldOf(path), message, layer }),
    };
  }
  // No variables: what stands in our environment is nobody's over the API.
  const source = readYaml(yaml, null);
  const data = source.data ?? {};
  const problems =
    typeof data === 'object' && !Array.isArray(data)
      ? source.problems
      : [...source.problems, source.problem([], 'a policy is a map of keys and values')];
  if (problems.length > 0) throw refused(problems);
  return {
    content: data as Record<string, unknown>,
    errorOf({ path, message, layer }) {
      const place = message === 'no such key' ? 'key' : 'value';
      const { line, column } = source.problem(path, message, place);
      return { path: fieldOf(path), message, layer, line, column };
    },
  };
}

function refused(problems: readonly ConfigProblem[]): Fault {
  const errors = problems.map(({ line, column, message }) => ({ path: 'body.yaml', message, line, column }));
  return new Fault('invalid', `body.yaml: ${problems[0]?.message}`, { errors });
}
