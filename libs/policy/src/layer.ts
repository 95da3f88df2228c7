/** Preset → tenant → policy: a same-named rule replaces the one below it, in its place; what a layer suppresses is gone from it and all below. */
export interface Layer<R> {
  readonly name: LayerName;
  readonly rules: readonly Layered<R>[];
  readonly suppress: readonly string[];
}
export type LayerName = 'preset' | 'tenant' | 'policy';

/** A rule, and where it was written. */
export interface Layered<R> {
  readonly rule: R;
  readonly layer: LayerName;
  readonly path: readonly (string | number)[];
}

export interface Resolved<R> {
  readonly rules: readonly Layered<R>[];
  /** Names that were to be suppressed and are not there. */
  readonly unknown: readonly { readonly layer: LayerName; readonly name: string }[];
}

/** @param layers lowest first. */
export function resolveLayers<R extends { readonly name: string; readonly enabled: boolean }>(
  layers: readonly Layer<R>[],
): Resolved<R> {
  const standing = new Map<string, Layered<R>>();
  const unknown: { layer: LayerName; name: string }[] = [];
  for (const { name: layer, rules, suppress } of layers) {
    for (const one of rules) standing.set(one.rule.name, one);
    for (const name of suppress) if (!standing.delete(name)) unknown.push({ layer, name });
  }
  return { rules: [...standing.values()].filter(({ rule }) => rule.enabled), unknown };
}
