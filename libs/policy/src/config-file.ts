/**
 * Policies of the YAML file: `policy` (and the top-level `risk_ladder`, as the seeds have it) is the one named `default`,
 * `policies` are the others.
 */
import type { ConfigFile } from '@elida/contracts';
import { compilePolicy } from './compile.ts';
import { type PolicyDocumentRow, resolvePolicies } from './resolve.ts';
import { scanEngine } from './scan-engine.ts';

type File = Pick<ConfigFile, 'policy' | 'policies' | 'risk_ladder'>;
type Path = readonly (string | number)[];

export const DEFAULT_POLICY_NAME = 'default';
/** Where the file says nothing of policies; null: nothing is inspected. */
export const DEFAULT_POLICY: PolicyDocumentRow['content'] | null = null;

/** What is in force because of the file, by name. `policy.enabled: false` is as good as no policy. */
export function policiesOfFile(file: File): PolicyDocumentRow[] {
  return documentsOf(file).filter(
    ({ name, content }) => !(name === DEFAULT_POLICY_NAME && file.policy && content.enabled === false),
  );
}

function documentsOf({ policy, policies, risk_ladder }: File): PolicyDocumentRow[] {
  const ladder = risk_ladder === undefined ? {} : { risk_ladder };
  const written = policy ?? (risk_ladder === undefined ? null : {});
  const content =
    written === null ? (Object.keys(policies).length === 0 ? DEFAULT_POLICY : null) : { ...written, ...ladder };
  return [
    ...(content ? [{ name: DEFAULT_POLICY_NAME, content }] : []),
    ...Object.entries(policies).map(([name, body]) => ({ name, content: body })),
  ];
}

/** Every mistake, at its place in the file. */
export function checkFilePolicies(file: File): { path: Path; message: string }[] {
  const twice = (path: Path, other: string) => ({
    path,
    message: `is the same as ${other}, which is there too: keep one`,
  });
  const problems = [
    ...(file.risk_ladder && file.policy?.risk_ladder ? [twice(['risk_ladder'], 'policy.risk_ladder')] : []),
    ...(file.policy && DEFAULT_POLICY_NAME in file.policies
      ? [twice(['policies', DEFAULT_POLICY_NAME], 'policy')]
      : []),
  ];
  if (problems.length > 0) return problems;
  const compile = (content: unknown, tenant?: unknown) =>
    compilePolicy(content, { engine: scanEngine, ...(tenant === undefined ? {} : { tenant }) });
  return resolvePolicies(documentsOf(file), compile).problems.map(({ document, policy, path, message }) => ({
    path: placeOf(file, document || policy, path),
    message: document === policy ? message : `${message} (in policy ${policy})`,
  }));
}

function placeOf(file: File, name: string, path: Path): Path {
  if (name in file.policies) return ['policies', name, ...path];
  return path[0] === 'risk_ladder' && file.risk_ladder ? path : ['policy', ...path];
}
