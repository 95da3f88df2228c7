/** Paths into tool arguments: `$`, `$.a.b`, `$.a[0]`, `$.*`, `$..name`. A subset of RFC 9535 that costs one walk. */
export type PathStep =
  | { readonly key: string }
  | { readonly index: number }
  | { readonly any: true }
  | { readonly deep: true };

const STEP = /\.\.(?=[\w*$-])|\.?\*|\.([\w$-]+)|\[(\d{1,6})\]|\['([^'\]]{1,256})'\]|\[\*\]|([\w$-]+)/y;

/** @returns null where the text is no such path. */
export function parsePath(text: string): readonly PathStep[] | null {
  if (!text.startsWith('$')) return null;
  const steps: PathStep[] = [];
  let at = 1;
  while (at < text.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (!found) return null;
    const [whole, dotted, index, quoted, bare] = found;
    const key = dotted ?? quoted ?? bare;
    // A bare name follows `..` only.
    if (bare !== undefined && text.slice(at - 2, at) !== '..') return null;
    if (key !== undefined) steps.push({ key });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push(whole === '..' ? { deep: true } : { any: true });
    at += whole.length;
  }
  return steps;
}

const children = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];

/** The value and all that is in it; a stack, because a caller chooses how deep it nests. */
function descendants(value: unknown): unknown[] {
  const found: unknown[] = [];
  const stack = [value];
  while (stack.length > 0) {
    const next = stack.pop();
    found.push(next);
    for (const child of children(next)) stack.push(child);
  }
  return found;
}

function step(value: unknown, one: PathStep): readonly unknown[] {
  if ('any' in one) return children(value);
  if ('deep' in one) return descendants(value);
  if (typeof value !== 'object' || value === null) return [];
  if ('index' in one) return Array.isArray(value) && one.index < value.length ? [value[one.index]] : [];
  return Object.hasOwn(value, one.key) ? [(value as Record<string, unknown>)[one.key]] : [];
}

export const valuesAt = (root: unknown, path: readonly PathStep[]): readonly unknown[] =>
  path.reduce<readonly unknown[]>((values, one) => [...new Set(values.flatMap((value) => step(value, one)))], [root]);

/** Every string in a value. Object keys are not text that a tool acts on. */
export const stringsIn = (value: unknown): string[] =>
  descendants(value).filter((one): one is string => typeof one === 'string');
