/** A policy that somebody wants to store or to try, beside all that are stored. */
import type { FieldError } from '@elida/kernel';
import { type Compilation, type NamedProblem, type PolicyDocumentRow, resolvePolicies } from '@elida/policy';
import type { PolicyCompiler } from './compiler.ts';
import type { Written } from './written.ts';

export interface Review {
  readonly compiled: Compilation;
  readonly problems: readonly FieldError[];
  readonly warnings: readonly FieldError[];
}

/** Of a new one that has no name yet. No stored policy can have this one. */
const NAMELESS = '';

/** @param others what is stored; of the same name it is replaced. What is wrong with them alone is not told here. */
export function review(
  written: Written,
  compiler: PolicyCompiler,
  others: readonly PolicyDocumentRow[] = [],
  name: string = NAMELESS,
): Review {
  const mine: PolicyDocumentRow = { name, content: written.content };
  const rows = [...others.filter((row) => row.name !== name), mine];
  const compile = (content: unknown, tenant?: unknown): Compilation => compiler.compile(content, tenant);
  const { problems, warnings } = resolvePolicies(rows, compile);
  const isMine = ({ document, policy }: NamedProblem): boolean => document === name || policy === name;
  const errorOf = (problem: NamedProblem): FieldError => {
    if (problem.document === name) return written.errorOf(withPolicy(problem, name));
    const { layer, path, message, document } = problem;
    return { path: [`policies.${document}`, ...path].join('.'), message, layer };
  };
  return {
    compiled: compile(written.content),
    problems: problems.filter(isMine).map(errorOf),
    warnings: warnings.filter(isMine).map(errorOf),
  };
}

const withPolicy = (problem: NamedProblem, name: string): NamedProblem =>
  problem.policy === name ? problem : { ...problem, message: `${problem.message} (in policy ${problem.policy})` };
