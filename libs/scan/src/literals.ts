/**
 * What to look for first: from a pattern's tree, a set of literals of which every match holds at least one. Derived, never
 * written by hand, and chosen for how rarely ordinary text holds them.
 */
import { type CharSet, union } from './char-set.ts';
import { CLASS_SYMBOLS_MAX, HITS_PER_UNIT_MAX, LITERAL_SYMBOLS_MAX, LITERALS_MAX } from './limits.ts';
import { type Lengths, lengthsOf, type PatternNode, unitsOf } from './pattern-node.ts';
import { frequencyOf, SPACE_SYMBOL, symbolsOf } from './symbol.ts';

export interface Literal {
  /** One symbol a code unit. */
  readonly text: string;
  /** Code units from the start of the match to the literal. */
  readonly before: Lengths;
}

export interface LiteralSet {
  readonly literals: readonly Literal[];
  /** What may stand between the start of a match and its literal. */
  readonly prefix: CharSet;
  /** Expected hits per code unit of ordinary text. */
  readonly hits: number;
}

interface Found {
  /** All that the node matches, where that is little enough. */
  readonly exact: readonly string[] | null;
  readonly best: LiteralSet | null;
}

const ZERO: Lengths = { min: 0, max: 0 };

const hitsOf = (text: string): number =>
  [...text].reduce((share, symbol) => share * frequencyOf(symbol.charCodeAt(0)), 1);

/** A literal at the beginning lets a stream go on sooner, and leaves one place to try; beyond this it need not be rarer. */
const RARE = 1e-5;

function costOf({ hits, literals }: LiteralSet): number {
  const before = Math.max(...literals.map(({ before: { max } }) => max));
  return before === 0 ? hits : (hits + RARE) * (1 + 0.02 * before);
}

function better(a: LiteralSet | null, b: LiteralSet | null): LiteralSet | null {
  if (a === null || b === null) return a ?? b;
  return costOf(b) < costOf(a) ? b : a;
}

function setFrom(texts: readonly string[] | null, before: Lengths, prefix: CharSet): LiteralSet | null {
  if (texts === null || texts.length === 0 || texts.includes('') || beginsInSpace(texts)) return null;
  const hits = texts.reduce((sum, text) => sum + hitsOf(text), 0);
  return { literals: texts.map((text) => ({ text, before })), prefix, hits };
}

const SPACE_TEXT = String.fromCharCode(SPACE_SYMBOL);

/** Where in a run of white space a literal began could not be said: none begins there. */
const beginsInSpace = (texts: readonly string[]): boolean => texts.some((text) => text.startsWith(SPACE_TEXT));

const joined = (head: string, tail: string): string =>
  head.endsWith(SPACE_TEXT) && tail.startsWith(SPACE_TEXT) ? head + tail.slice(1) : head + tail;

function product(heads: readonly string[], tails: readonly string[] | null): readonly string[] | null {
  if (tails === null || heads.length * tails.length > LITERALS_MAX) return null;
  const texts = [...new Set(heads.flatMap((head) => tails.map((tail) => joined(head, tail))))];
  return texts.every((text) => text.length <= LITERAL_SYMBOLS_MAX) ? texts : null;
}

/** White space, however much: one symbol. */
const isSpaces = (node: PatternNode): boolean => node.kind === 'unit' && symbolsOf(node.set, 1)?.[0] === SPACE_SYMBOL;

const shift = (set: LiteralSet, by: Lengths, prefix: CharSet): LiteralSet => ({
  hits: set.hits,
  prefix: union(prefix, set.prefix),
  literals: set.literals.map(({ text, before }) => ({
    text,
    before: { min: before.min + by.min, max: before.max + by.max },
  })),
});

/** A repeat's first copies stand there in any case; the rest is a gap. */
function spread(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'all') return node.items.flatMap(spread);
  if (node.kind !== 'repeat' || node.min === 0 || isSpaces(node.item)) return [node];
  const copies = Math.min(node.min, LITERAL_SYMBOLS_MAX);
  const items = Array.from({ length: copies }, () => spread(node.item)).flat();
  const rest = node.max - copies;
  return rest === 0 ? items : [...items, { ...node, min: node.min - copies, max: rest }];
}

function sequence(items: readonly PatternNode[]): Found {
  let best: LiteralSet | null = null;
  let exact: readonly string[] | null = [''];
  let run: readonly string[] = [''];
  let runAt = ZERO;
  let runPrefix: CharSet = [];
  let at = ZERO;
  let seen: CharSet = [];
  for (const item of items) {
    const found = analyse(item);
    if (found.best) best = better(best, shift(found.best, at, seen));
    const longer = product(run, found.exact);
    best = better(best, longer === null ? setFrom(run, runAt, runPrefix) : null);
    exact = exact === null ? null : product(exact, found.exact);
    const { min, max } = lengthsOf(item);
    const fresh = longer === null && found.exact !== null && !beginsInSpace(found.exact);
    if (longer !== null) run = longer;
    else [run, runAt, runPrefix] = [fresh ? (found.exact ?? ['']) : [''], at, seen];
    at = { min: at.min + min, max: at.max + max };
    seen = union(seen, unitsOf(item));
    // What begins with white space, or is not spelled out, is part of no literal: the next begins behind it.
    if (run.length === 1 && run[0] === '') [runAt, runPrefix] = [at, seen];
    if (beginsInSpace(run)) [run, runAt, runPrefix] = [[''], at, seen];
  }
  return { exact, best: better(best, setFrom(run, runAt, runPrefix)) };
}

function alternation(items: readonly PatternNode[]): Found {
  const all = items.map(analyse);
  const texts = all.every(({ exact }) => exact !== null) ? [...new Set(all.flatMap(({ exact }) => exact ?? []))] : null;
  const exact = texts !== null && texts.length <= LITERALS_MAX ? texts : null;
  const sets = all.flatMap(({ best }) => best ?? []);
  const complete =
    sets.length === all.length && sets.reduce((sum, set) => sum + set.literals.length, 0) <= LITERALS_MAX;
  const together: LiteralSet | null = complete
    ? {
        literals: sets.flatMap(({ literals }) => literals),
        prefix: union(...sets.map(({ prefix }) => prefix)),
        hits: sets.reduce((sum, { hits }) => sum + hits, 0),
      }
    : null;
  return { exact, best: better(setFrom(exact, ZERO, []), together) };
}

function analyse(node: PatternNode): Found {
  switch (node.kind) {
    case 'place':
      return { exact: [''], best: null };
    case 'unit': {
      const exact = symbolsOf(node.set, CLASS_SYMBOLS_MAX)?.map((symbol) => String.fromCharCode(symbol)) ?? null;
      return { exact, best: setFrom(exact, ZERO, []) };
    }
    case 'any':
      return alternation(node.items);
    case 'all':
      return sequence(spread(node));
    case 'repeat': {
      if (isSpaces(node.item)) return { exact: node.min > 0 ? [SPACE_TEXT] : ['', SPACE_TEXT], best: null };
      if (node.min > 0) return sequence(spread(node));
      if (node.max > LITERAL_SYMBOLS_MAX) return { exact: null, best: null };
      const { exact: once } = analyse(node.item);
      let exact: readonly string[] | null = [''];
      for (let i = 0; i < node.max && exact !== null; i++) exact = product(exact, once && ['', ...once]);
      return { exact, best: null };
    }
  }
}

/** @returns null where every set of literals would hit too often to be of use. */
export function literalsOf(root: PatternNode): LiteralSet | null {
  const { best } = analyse(root);
  return best !== null && best.hits <= HITS_PER_UNIT_MAX ? best : null;
}
