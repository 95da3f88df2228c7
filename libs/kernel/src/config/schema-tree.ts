/** Reads a zod schema as a tree of keys: to name the key that was meant, and where a key belongs. */
import type { z } from 'zod';

type Schema = z.core.$ZodType;
type Def = z.core.$ZodTypeDef &
  Partial<Record<'innerType' | 'in' | 'element' | 'valueType', Schema>> & {
    readonly options?: readonly Schema[];
    readonly shape?: Readonly<Record<string, Schema>>;
  };

const def = (schema: Schema): Def => schema._zod.def as Def;

/** The object, array and record schemas behind defaults, optionals, unions and transforms. */
function cores(schema: Schema): Schema[] {
  const { innerType, in: input, options } = def(schema);
  if (options) return options.flatMap(cores);
  const inner = innerType ?? input;
  return inner ? cores(inner) : [schema];
}

function children(schema: Schema, key: PropertyKey): Schema[] {
  return cores(schema).flatMap((core) => {
    const { shape, element, valueType } = def(core);
    const child = shape ? shape[String(key)] : (element ?? valueType);
    return child ? [child] : [];
  });
}

/** Keys that an object may have at this place. */
export function knownKeys(root: Schema, path: readonly PropertyKey[]): string[] {
  const here = path.reduce<Schema[]>((schemas, key) => schemas.flatMap((schema) => children(schema, key)), [root]);
  return [...new Set(here.flatMap(cores).flatMap((core) => Object.keys(def(core).shape ?? {})))];
}

/** Every place of the tree where a key of this name exists; any name of a record is `*`. */
export function placesOf(root: Schema, wanted: string, at: readonly string[] = []): string[] {
  return cores(root).flatMap((core) => {
    const { shape, element, valueType } = def(core);
    if (!shape) {
      const inner = element ?? valueType;
      return inner ? placesOf(inner, wanted, [...at, '*']) : [];
    }
    return Object.entries(shape).flatMap(([key, child]) => [
      ...(key === wanted ? [[...at, key].join('.')] : []),
      ...placesOf(child, wanted, [...at, key]),
    ]);
  });
}

/** The candidate at most two edits away (one for short words), or null. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const limit = word.length < 5 ? 1 : 2;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
