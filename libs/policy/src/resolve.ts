/**
 * Several documents → the policies that are in force. A tenant's layer is a document of its own; each policy that may meet
 * that tenant is there a second time, compiled with the layer, for that tenant alone, right before itself.
 */
import type { Compilation, Problem, Selection } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import { matchesAny } from './glob.ts';

export interface PolicyDocumentRow {
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface NamedProblem extends Problem {
  /** In whose document the path lies; empty: a preset's. */
  readonly document: string;
  /** What was compiled; another name than the document's where a layer and a policy do not go together. */
  readonly policy: string;
}

export interface ResolvedPolicy<R> {
  readonly row: R;
  readonly policy: CompiledPolicy;
  readonly selection: Selection;
  /** With the layer of these tenants, and for them alone. */
  readonly tenants: readonly string[] | null;
}

export interface Resolution<R> {
  /** By name; a policy's tenants before itself. */
  readonly policies: readonly ResolvedPolicy<R>[];
  readonly problems: readonly NamedProblem[];
  readonly warnings: readonly NamedProblem[];
}

type Sound<R> = { readonly row: R; readonly compiled: Extract<Compilation, { ok: true }> };
type Compile = (content: unknown, tenant?: unknown) => Compilation;

export function resolvePolicies<R extends PolicyDocumentRow>(rows: readonly R[], compile: Compile): Resolution<R> {
  const problems: NamedProblem[] = [];
  const warnings: NamedProblem[] = [];
  const sound = rows
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((row): Sound<R>[] => {
      const compiled = compile(row.content);
      const layer = row.content.layer === 'tenant' ? ('tenant' as const) : ('policy' as const);
      const named = (problem: Problem): NamedProblem => ({ ...problem, layer, document: row.name, policy: row.name });
      if (compiled.ok) warnings.push(...compiled.warnings.map(named));
      else problems.push(...compiled.problems.map(named));
      return compiled.ok ? [{ row, compiled }] : [];
    });
  const isLayer = ({ compiled }: Sound<R>): boolean => compiled.selection.layer === 'tenant';
  const layers = sound.filter(isLayer);
  problems.push(...namedTwice(layers));
  const policies = sound
    .filter((one) => !isLayer(one))
    .flatMap(({ row, compiled: { policy, selection } }) => [
      ...layers.flatMap((layer) => withLayer(row, selection, layer, compile, problems)),
      { row, policy, selection, tenants: null },
    ]);
  return { policies, problems, warnings };
}

function withLayer<R extends PolicyDocumentRow>(
  row: R,
  selection: Selection,
  { row: layer, compiled }: Sound<R>,
  compile: Compile,
  problems: NamedProblem[],
): ResolvedPolicy<R>[] {
  const { tenants: globs } = selection.match;
  const tenants = compiled.selection.match.tenants.filter((one) => globs.length === 0 || matchesAny(globs, one));
  if (tenants.length === 0) return [];
  const both = compile(row.content, layer.content);
  if (both.ok) return [{ row, policy: both.policy, selection, tenants }];
  const documents = { policy: row.name, tenant: layer.name, preset: '' };
  problems.push(...both.problems.map((one) => ({ ...one, document: documents[one.layer], policy: row.name })));
  return [];
}

function namedTwice(layers: readonly Sound<PolicyDocumentRow>[]): NamedProblem[] {
  const holders = new Map<string, string>();
  return layers.flatMap(({ row: { name }, compiled }) =>
    compiled.selection.match.tenants.flatMap((tenant, i): NamedProblem[] => {
      const holder = holders.get(tenant);
      holders.set(tenant, holder ?? name);
      if (holder === undefined) return [];
      const message = `${tenant} has the layer ${holder} already`;
      return [{ document: name, policy: name, layer: 'tenant', path: ['match', 'tenants', i], message }];
    }),
  );
}
