/** How many units beside a literal have to be looked at before chance hits are told from matches. Rough: it chooses, nothing more. */
import { type CharSet, has } from './char-set.ts';
import type { PatternNode } from './pattern-node.ts';

export interface Look {
  /** Units looked at, on average. */
  readonly steps: number;
  /** Share of chance hits that this side does not tell. */
  readonly passed: number;
}

const NOTHING_THERE: Look = { steps: 0, passed: 1 };
/** The next unit tells most. */
const TELLING: Look = { steps: 2, passed: 0.2 };
/** Nearly any text may follow. */
const GAP: Look = { steps: 15, passed: 0.5 };

const LETTERS = Array.from({ length: 26 }, (_, i) => 0x61 + i);
/** Of 26 letters: as many in a set make it say nothing. */
const MANY = 18;

const kinds = new WeakMap<CharSet, boolean>();
function isWide(set: CharSet): boolean {
  let wide = kinds.get(set);
  if (wide === undefined) {
    wide = LETTERS.filter((letter) => has(set, letter)).length >= MANY;
    kinds.set(set, wide);
  }
  return wide;
}

export function lookAt(items: readonly PatternNode[], toLeft: boolean): Look {
  for (let i = 0; i < items.length; i++) {
    const item = items[toLeft ? items.length - 1 - i : i];
    if (!item || item.kind === 'place') continue;
    if (beginsWide(item, toLeft)) return GAP;
    if (!isOptional(item)) return TELLING;
  }
  return NOTHING_THERE;
}

const isOptional = (node: PatternNode): boolean => node.kind === 'repeat' && node.min === 0;

function beginsWide(node: PatternNode, toLeft: boolean): boolean {
  switch (node.kind) {
    case 'unit':
      return isWide(node.set);
    case 'place':
      return false;
    case 'repeat':
      return beginsWide(node.item, toLeft);
    case 'any':
      return node.items.some((item) => beginsWide(item, toLeft));
    case 'all': {
      const first = toLeft ? node.items.at(-1) : node.items[0];
      return first !== undefined && beginsWide(first, toLeft);
    }
  }
}
