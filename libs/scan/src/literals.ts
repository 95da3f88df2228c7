/**
 * What to look for first: from a pattern's tree, a set of literals of which every match holds at least one, and what must stand
 * beside each. Derived, never written by hand, and chosen for how rarely ordinary text holds them.
 */
import { SPACE } from './char-set.ts';
import { shareOf } from './frequency.ts';
import { CLASS_SYMBOLS_MAX, HITS_PER_UNIT_MAX, LITERAL_SYMBOLS_MAX, LITERALS_MAX, REPEAT_UNBOUNDED } from './limits.ts';
import { lookAt } from './look.ts';
import { type Lengths, lengthsOf, type PatternNode } from './pattern-node.ts';
import { SPACE_SYMBOL, symbolsOf, type UnitFold } from './symbol.ts';

/** What a match has on both sides of a literal, in the order of the text. */
export interface Sides {
  readonly left: readonly PatternNode[];
  /** null: a cut literal, of which the rest is not known. */
  readonly right: readonly PatternNode[] | null;
}

export interface Literal {
  /** One symbol a code unit. */
  readonly text: string;
  /** Code units from the start of the match to the literal. */
  readonly before: Lengths;
  readonly sides: Sides;
  /** Expected hits per code unit of ordinary text. */
  readonly share: number;
}

export interface LiteralSet {
  readonly literals: readonly Literal[];
  /** Expected hits per code unit of ordinary text. */
  readonly hits: number;
  /** The same, by what a look at both sides takes. */
  readonly work: number;
}

interface Found {
  /** All that the node matches, where that is little enough. */
  readonly exact: readonly string[] | null;
  readonly best: LiteralSet | null;
}

type Cost = (set: LiteralSet) => number;

const ZERO: Lengths = { min: 0, max: 0 };
const NO_SIDES: Sides = { left: [], right: [] };

/** A literal at the beginning lets a stream go on sooner; beyond this it need not be rarer. */
const RARE = 1e-5;
const TOO_COMMON = 1e6;
/** Texts looked at before those that are too long are cut. */
const CUT_MAX = 8 * LITERALS_MAX;

const beforeMax = ({ literals }: LiteralSet): number => Math.max(...literals.map(({ before: { max } }) => max));
const byHits: Cost = (set) => set.work * (1 + 0.001 * beforeMax(set));
/** Of rules that streams wait for: what stands before a literal has to be held back. */
const byWait: Cost = (set) => {
  const before = beforeMax(set);
  const cost = before === 0 ? set.hits : (set.hits + RARE) * (1 + 0.02 * before);
  return set.hits > HITS_PER_UNIT_MAX ? cost * TOO_COMMON : cost;
};

const SPACE_TEXT = String.fromCharCode(SPACE_SYMBOL);
const MORE_SPACE: PatternNode = {
  kind: 'repeat',
  item: { kind: 'unit', set: SPACE },
  min: 0,
  max: REPEAT_UNBOUNDED,
};

/** Where in a run of white space a literal began could not be said: none begins there. */
const beginsInSpace = (texts: readonly string[]): boolean => texts.some((text) => text.startsWith(SPACE_TEXT));

const joined = (head: string, tail: string): string =>
  head.endsWith(SPACE_TEXT) && tail.startsWith(SPACE_TEXT) ? head + tail.slice(1) : head + tail;

/** White space, however much: one symbol. */
const isSpaces = (node: PatternNode): boolean =>
  node.kind === 'unit' && symbolsOf(node.set, 1, (unit) => unit)?.[0] === SPACE_SYMBOL;

/** A repeat's first copies stand there in any case; the rest is a gap. */
function spread(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'all') return node.items.flatMap(spread);
  if (node.kind !== 'repeat' || node.min === 0 || isSpaces(node.item)) return [node];
  const copies = Math.min(node.min, LITERAL_SYMBOLS_MAX);
  const items = Array.from({ length: copies }, () => spread(node.item)).flat();
  const rest = node.max - copies;
  return rest === 0 ? items : [...items, { ...node, min: node.min - copies, max: rest }];
}

/** Every head with every tail; `cut`: texts that are too long end early. */
function product(heads: readonly string[], tails: readonly string[] | null, cut = false): readonly string[] | null {
  if (tails === null || heads.length * tails.length > (cut ? CUT_MAX : LITERALS_MAX)) return null;
  if (tails.length === 1 && tails[0] === '') return heads;
  const texts = new Set<string>();
  for (const head of heads) {
    for (const tail of tails) {
      const text = joined(head, tail);
      if (text.length > LITERAL_SYMBOLS_MAX && !cut) return null;
      texts.add(text.slice(0, LITERAL_SYMBOLS_MAX));
      if (texts.size > LITERALS_MAX) return null;
    }
  }
  return [...texts];
}

/** What it takes, in steps, to search where both sides have said perhaps. */
const SEARCH_STEPS = 20;

function setWith(literals: readonly Literal[]): LiteralSet {
  const looks = new Map<Sides, number>();
  let hits = 0;
  let work = 0;
  for (const { sides, share } of literals) {
    let look = looks.get(sides);
    if (look === undefined) {
      const left = lookAt(sides.left, true);
      const right = lookAt(sides.right ?? [], false);
      look = 1 + left.steps + left.passed * (right.steps + right.passed * SEARCH_STEPS);
      looks.set(sides, look);
    }
    hits += share;
    work += share * look;
  }
  return { literals, hits, work };
}

class Search {
  readonly #cost: Cost;
  readonly #fold: UnitFold;
  constructor(cost: Cost, fold: UnitFold) {
    this.#cost = cost;
    this.#fold = fold;
  }

  analyse(node: PatternNode): Found {
    switch (node.kind) {
      case 'place':
        return { exact: [''], best: null };
      case 'unit': {
        const symbols = symbolsOf(node.set, CLASS_SYMBOLS_MAX, this.#fold);
        const exact = symbols?.map((symbol) => String.fromCharCode(symbol)) ?? null;
        return { exact, best: this.#set(exact, ZERO, NO_SIDES) };
      }
      case 'any':
        return this.#alternation(node.items);
      case 'all':
        return this.#sequence(spread(node));
      case 'repeat':
        return this.#repeat(node);
    }
  }

  #better(a: LiteralSet | null, b: LiteralSet | null): LiteralSet | null {
    if (a === null || b === null) return a ?? b;
    return this.#cost(b) < this.#cost(a) ? b : a;
  }

  #set(texts: readonly string[] | null, before: Lengths, sides: Sides): LiteralSet | null {
    if (texts === null || texts.length === 0 || texts.includes('') || beginsInSpace(texts)) return null;
    let spaced: Sides | undefined;
    const literals = texts.map((text): Literal => {
      const share = shareOf(text);
      // The literal ends with the first white space; more may follow.
      if (!text.endsWith(SPACE_TEXT) || sides.right === null) return { text, before, sides, share };
      spaced ??= { left: sides.left, right: [MORE_SPACE, ...sides.right] };
      return { text, before, sides: spaced, share };
    });
    return setWith(literals);
  }

  #sequence(items: readonly PatternNode[]): Found {
    let best: LiteralSet | null = null;
    let exact: readonly string[] | null = [''];
    let run: readonly string[] = [''];
    let runAt = ZERO;
    /** The run's items: from the first that adds text to behind the last. */
    let [from, to] = [0, 0];
    let at = ZERO;
    const propose = (texts: readonly string[] | null, isCut: boolean): void => {
      const sides = { left: items.slice(0, from), right: isCut ? null : items.slice(to) };
      best = this.#better(best, this.#set(texts, runAt, sides));
    };
    const begin = (texts: readonly string[], place: Lengths, first: number): void => {
      [run, runAt, from, to] = [texts, place, first, first + 1];
    };
    items.forEach((item, i) => {
      const found = this.analyse(item);
      if (found.best) best = this.#better(best, shifted(found.best, at, items, i));
      const longer = product(run, found.exact);
      if (longer === null) {
        propose(run, false);
        if (run[0] !== '' || run.length > 1) propose(product(run, found.exact, true), true);
      }
      exact = exact === null ? null : product(exact, found.exact);
      const { min, max } = lengthsOf(item);
      if (longer === null) {
        const isFresh = found.exact !== null && !beginsInSpace(found.exact);
        begin(isFresh ? (found.exact ?? ['']) : [''], at, i);
      } else {
        run = longer;
        if (found.exact?.some((text) => text !== '')) to = i + 1;
      }
      at = { min: at.min + min, max: at.max + max };
      // What begins with white space, or is not spelled out, is part of no literal: the next begins behind it.
      if ((run.length === 1 && run[0] === '') || beginsInSpace(run)) begin([''], at, i + 1);
    });
    propose(run, false);
    return { exact, best };
  }

  #alternation(items: readonly PatternNode[]): Found {
    const all = items.map((item) => this.analyse(item));
    const texts = all.every(({ exact }) => exact !== null)
      ? [...new Set(all.flatMap(({ exact }) => exact ?? []))]
      : null;
    const exact = texts !== null && texts.length <= LITERALS_MAX ? texts : null;
    const sets = all.flatMap(({ best }) => best ?? []);
    const literals = sets.flatMap((set) => set.literals);
    const isComplete = sets.length === all.length && literals.length <= LITERALS_MAX;
    const together = isComplete ? setWith(literals) : null;
    return { exact, best: this.#better(this.#set(exact, ZERO, NO_SIDES), together) };
  }

  #repeat(node: Extract<PatternNode, { kind: 'repeat' }>): Found {
    if (isSpaces(node.item)) return { exact: node.min > 0 ? [SPACE_TEXT] : ['', SPACE_TEXT], best: null };
    if (node.min > 0) return this.#sequence(spread(node));
    if (node.max > LITERAL_SYMBOLS_MAX) return { exact: null, best: null };
    const { exact: once } = this.analyse(node.item);
    let exact: readonly string[] | null = [''];
    for (let i = 0; i < node.max && exact !== null; i++) exact = product(exact, once && ['', ...once]);
    return { exact, best: null };
  }
}

/** A set of the item at `index`, as a set of the sequence. */
function shifted(set: LiteralSet, by: Lengths, items: readonly PatternNode[], index: number): LiteralSet {
  const known = new Map<Sides, Sides>();
  const outer = (sides: Sides): Sides => {
    const found = known.get(sides) ?? {
      left: [...items.slice(0, index), ...sides.left],
      right: sides.right && [...sides.right, ...items.slice(index + 1)],
    };
    known.set(sides, found);
    return found;
  };
  return setWith(
    set.literals.map(({ text, before, sides, share }) => ({
      text,
      before: { min: before.min + by.min, max: before.max + by.max },
      sides: outer(sides),
      share,
    })),
  );
}

/**
 * @param fold see `symbolsOf`
 * @param waits whether streams hold back what may become a match
 * @returns null where every set of literals would hit too often to be of use.
 */
export function literalsOf(root: PatternNode, fold: UnitFold, waits: boolean = false): LiteralSet | null {
  const rare = (cost: Cost): LiteralSet | null => {
    const { best } = new Search(cost, fold).analyse(root);
    return best !== null && best.hits <= HITS_PER_UNIT_MAX ? best : null;
  };
  // What is good enough for a pattern does not depend on who asks.
  return (waits ? rare(byWait) : null) ?? rare(byHits);
}
