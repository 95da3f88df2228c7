/** The syntax tree of a pattern: five shapes over UTF-16 code units. It says what is matched and never how. */
import { ALL, type CharSet, clip, rangesOf, union } from './char-set.ts';

export type Place = 'start' | 'end' | 'line-start' | 'line-end' | 'boundary' | 'no-boundary';

export type PatternNode =
  /** One code unit; never empty. */
  | { readonly kind: 'unit'; readonly set: CharSet }
  | { readonly kind: 'all'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'any'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly item: PatternNode; readonly min: number; readonly max: number }
  /** Matches no text, only a place. */
  | { readonly kind: 'place'; readonly place: Place };

/** Code units. */
export interface Lengths {
  readonly min: number;
  readonly max: number;
}

export const NOTHING: PatternNode = { kind: 'all', items: [] };

export function lengthsOf(node: PatternNode): Lengths {
  switch (node.kind) {
    case 'unit':
      return { min: 1, max: 1 };
    case 'place':
      return { min: 0, max: 0 };
    case 'repeat': {
      const { min, max } = lengthsOf(node.item);
      return { min: min * node.min, max: max * node.max };
    }
    case 'all': {
      let [least, most] = [0, 0];
      for (const { min, max } of node.items.map(lengthsOf)) {
        least += min;
        most += max;
      }
      return { min: least, max: most };
    }
    case 'any': {
      const all = node.items.map(lengthsOf);
      return { min: Math.min(...all.map(({ min }) => min)), max: Math.max(...all.map(({ max }) => max)) };
    }
  }
}

/** Every code unit that a match may hold. */
export function unitsOf(node: PatternNode): CharSet {
  switch (node.kind) {
    case 'unit':
      return node.set;
    case 'place':
      return [];
    case 'repeat':
      return node.max === 0 ? [] : unitsOf(node.item);
    case 'all':
    case 'any':
      return union(...node.items.map(unitsOf));
  }
}

const MIRROR: Readonly<Record<Place, Place>> = {
  start: 'end',
  end: 'start',
  'line-start': 'line-end',
  'line-end': 'line-start',
  boundary: 'boundary',
  'no-boundary': 'no-boundary',
};

/** The pattern that matches the same texts read backwards. */
export function mirror(node: PatternNode): PatternNode {
  switch (node.kind) {
    case 'unit':
      return node;
    case 'place':
      return { kind: 'place', place: MIRROR[node.place] };
    case 'repeat':
      return { ...node, item: mirror(node.item) };
    case 'all':
      return { kind: 'all', items: node.items.map(mirror).reverse() };
    case 'any':
      return { kind: 'any', items: node.items.map(mirror) };
  }
}

const HIGH_FIRST = 0xd800;
const LOW_FIRST = 0xdc00;
const highOf = (point: number): number => HIGH_FIRST + ((point - 0x1_0000) >> 10);
const lowOf = (point: number): number => LOW_FIRST + ((point - 0x1_0000) & 0x3ff);
const unit = (lo: number, hi: number): PatternNode => ({ kind: 'unit', set: [lo, hi] });
const pair = (highs: readonly [number, number], lows: readonly [number, number]): PatternNode => ({
  kind: 'all',
  items: [unit(...highs), unit(...lows)],
});

/** A set of code points as code units. Views hold no lone surrogates, so that none is ever a member. */
export function oneOf(points: CharSet): PatternNode | null {
  const items: PatternNode[] = [];
  const plain = union(clip(points, 0, HIGH_FIRST - 1), clip(points, 0xe000, 0xffff));
  if (plain.length > 0) items.push({ kind: 'unit', set: plain });
  for (const [lo, hi] of rangesOf(clip(points, 0x1_0000, ALL[1] ?? 0))) {
    const [first, last] = [highOf(lo), highOf(hi)];
    if (first === last) {
      items.push(pair([first, first], [lowOf(lo), lowOf(hi)]));
      continue;
    }
    items.push(pair([first, first], [lowOf(lo), 0xdfff]));
    if (last - first > 1) items.push(pair([first + 1, last - 1], [LOW_FIRST, 0xdfff]));
    items.push(pair([last, last], [LOW_FIRST, lowOf(hi)]));
  }
  const [first] = items;
  return items.length === 1 && first ? first : items.length === 0 ? null : { kind: 'any', items };
}
