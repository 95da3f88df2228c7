/** What is wrong with stored policies, as the errors of a Fault. */
import { Fault, type FieldError } from '@elida/kernel';
import type { NamedProblem } from '@elida/policy';

const errorOf = ({ document, policy, layer, path, message }: NamedProblem): FieldError => ({
  path: [`policies.${document || policy}`, ...path].join('.'),
  message: document === policy || document === '' ? message : `${message} (in policy ${policy})`,
  layer,
});

export function refusalOf(problems: readonly NamedProblem[]): Fault {
  const errors = problems.map(errorOf);
  const [first] = errors;
  return new Fault('invalid', first ? `${first.path}: ${first.message}` : undefined, { errors });
}
