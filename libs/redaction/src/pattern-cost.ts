/** How many steps a backtracking engine may take from one starting position: an upper bound, by the pattern's structure. */
import type { Node } from './pattern-syntax.ts';

/** Which characters a node may begin with: ASCII one by one, everything else as one. */
type CharSet = readonly boolean[];
const OTHER = 128;

const NOTHING: CharSet = [];
const EVERYTHING: CharSet = Array.from({ length: OTHER + 1 }, () => true);

const overlaps = (a: CharSet, b: CharSet): boolean => a.some((has, index) => has && b[index] === true);
const union = (a: CharSet, b: CharSet): CharSet => EVERYTHING.map((_, index) => a[index] === true || b[index] === true);

function setOf(source: string): CharSet {
  const expression = new RegExp(`^${source}$`, 'u');
  const set = EVERYTHING.map((_, code) => code < OTHER && expression.test(String.fromCharCode(code)));
  // Digits and \w are ASCII; a literal is itself; of anything else it is assumed that it takes more.
  set[OTHER] = !(source === '\\d' || source === '\\w' || set.filter(Boolean).length === 1);
  return set;
}

export function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'assertion':
      return true;
    case 'alternatives':
      return node.items.some(canBeEmpty);
    case 'sequence':
      return node.items.every(canBeEmpty);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.item);
  }
}

function firstOf(node: Node): CharSet {
  switch (node.kind) {
    case 'set':
      return setOf(node.source);
    case 'assertion':
      return NOTHING;
    case 'alternatives':
      return node.items.map(firstOf).reduce(union, NOTHING);
    case 'sequence':
      return firstOfSequence(node.items, NOTHING);
    case 'repeat':
      return firstOf(node.item);
  }
}

const firstOfSequence = (items: readonly Node[], follow: CharSet): CharSet =>
  items.reduceRight((behind, item) => (canBeEmpty(item) ? union(firstOf(item), behind) : firstOf(item)), follow);

interface Cost {
  /** Ways to come to the end of the node, each of which the engine may have to go on from. */
  readonly ways: number;
  readonly chars: number;
}

/** @param follow what may come behind the node: where it cannot be what is repeated, giving back a repetition fails at once. */
function costOf(node: Node, follow: CharSet): Cost {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return { ways: 1, chars: 1 };
    case 'alternatives':
      return node.items
        .map((item) => costOf(item, follow))
        .reduce((a, b) => ({ ways: a.ways + b.ways, chars: Math.max(a.chars, b.chars) }));
    case 'sequence':
      return node.items
        .map((item, index) => costOf(item, firstOfSequence(node.items.slice(index + 1), follow)))
        .reduce((a, b) => ({ ways: a.ways * b.ways, chars: a.chars + b.chars }), { ways: 1, chars: 0 });
    case 'repeat': {
      const inner = costOf(node.item, union(follow, firstOf(node.item)));
      const chars = inner.chars * node.max;
      if (node.item.kind === 'set' && !overlaps(firstOf(node.item), follow)) return { ways: 1, chars };
      return { ways: inner.ways ** node.max * (node.max - node.min + 1), chars };
    }
  }
}

/** Nothing follows the whole pattern: its last repetition is never given back. */
export const stepsOf = (node: Node): number => {
  const { ways, chars } = costOf(node, NOTHING);
  return ways * chars;
};
