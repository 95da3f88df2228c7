/** Rules as data become tables: once, off the hot path. A pattern that cannot be matched in linear time is named, not taken. */
import { Automaton, type Needle } from './automaton.ts';
import { type CharSet, UnitSet } from './char-set.ts';
import { Finder } from './finder.ts';
import { StateBudget } from './lazy-automaton.ts';
import { type LiteralSet, literalsOf } from './literals.ts';
import { type Pattern, type Problem, readPattern } from './pattern.ts';
import { type PatternNode, unitsOf } from './pattern-node.ts';
import { parted, type Side, type SideItems, SidePool } from './side.ts';
import { SPACE_SYMBOL } from './symbol.ts';
import { foldedView } from './views/folded-view.ts';
import { rawView } from './views/raw-view.ts';
import type { View } from './views/view.ts';

export const VIEWS = { folded: foldedView, raw: rawView } as const satisfies Record<string, View>;
export type ViewName = keyof typeof VIEWS;

/** Plain data: this is what travels in a snapshot. */
export interface ScanRule {
  readonly id: string;
  readonly patterns: readonly string[];
  /** Default `folded`. */
  readonly view?: ViewName;
  /** Whether a stream must hold back text that may become a match. */
  readonly hold?: boolean;
}

export interface RuleProblem extends Problem {
  readonly rule: string;
  /** Index of the pattern in its rule. */
  readonly pattern: number;
}

/** A pattern, ready to be looked for. */
export interface Searched {
  readonly number: number;
  readonly rule: string;
  readonly pattern: number;
  readonly view: ViewName;
  readonly hold: boolean;
  readonly finder: Finder;
  /** What may stand between the start of a match and its literal: built when it is first asked for. */
  readonly prefix: () => UnitSet;
  /** Whether a match begins at the beginning of a word. */
  readonly atWord: boolean;
  /** Code units from the start of a match to its literal, at most. */
  readonly beforeMax: number;
}

/** One literal of a pattern. */
export interface Probe {
  readonly searched: Searched;
  /** Symbols. */
  readonly length: number;
  readonly hasSpace: boolean;
  readonly beforeMin: number;
  readonly beforeMax: number;
  readonly left: Side;
  readonly rightItems: SideItems;
}

/** Literals of one view that end at one place: what follows is looked at once for all of them. */
export interface Group {
  readonly view: ViewName;
  readonly probes: readonly Probe[];
  readonly right: Side;
}

/** What a stream holds back before any literal is complete: text that may be what stands before one. */
export interface Wait {
  readonly view: ViewName;
  readonly prefix: UnitSet;
  readonly length: number;
}

export interface Tables {
  readonly automaton: Automaton<Probe>;
  /** Of the literals that end in a state of the automaton. */
  readonly groups: (state: number) => readonly Group[];
  readonly waits: readonly Wait[];
  /** Views that rules look at. */
  readonly views: readonly ViewName[];
  /** The highest `beforeMax`. */
  readonly beforeMax: number;
  readonly budget: StateBudget;
  /** Texts that together hold a literal of each pattern. */
  readonly samples: readonly string[];
}

/** Many patterns begin alike; each such set is kept once. */
type UnitSets = Map<string, UnitSet>;

/** What the patterns of a scanner have in common. */
interface Shared {
  readonly budget: StateBudget;
  readonly sides: SidePool;
  readonly shared: UnitSets;
}

function unitSet(set: CharSet, shared: UnitSets): UnitSet {
  const key = set.join();
  const known = shared.get(key) ?? new UnitSet(set);
  shared.set(key, known);
  return known;
}

const NO_LITERAL =
  'no literal that every match holds is rare enough: add a word or a sign that is always there, so that the pattern is not tried everywhere';

function beginsAtWord(node: PatternNode): boolean {
  if (node.kind === 'place') return node.place === 'boundary';
  if (node.kind === 'any') return node.items.every(beginsAtWord);
  return node.kind === 'all' && node.items[0] !== undefined && beginsAtWord(node.items[0]);
}

interface Read {
  readonly pattern: Pattern;
  readonly found: LiteralSet;
}

/** What was read last: a policy's patterns are read when it is checked, and again for each of its scanners. */
const READ_MAX = 4_096;
const reads = new Map<string, Read | Problem>();

function read(source: string, view: ViewName, waits: boolean): Read | Problem {
  const key = `${view} ${waits} ${source}`;
  const known = reads.get(key);
  if (known) return known;
  if (reads.size >= READ_MAX) reads.clear();
  const pattern = readPattern(source, VIEWS[view]);
  const found = 'message' in pattern ? null : literalsOf(pattern.root, VIEWS[view].foldUnit, waits);
  const result = 'message' in pattern ? pattern : found === null ? { message: NO_LITERAL, at: 0 } : { pattern, found };
  reads.set(key, result);
  return result;
}

/** Reads a pattern as a rule of that view would have it. */
export function checkPattern(source: string, view: ViewName = 'folded'): Pattern | Problem {
  const result = read(source, view, false);
  return 'message' in result ? result : result.pattern;
}

/** @returns groups of the literals that end in one state: made when it is first reached. */
function grouping(automaton: Automaton<Probe>, pool: SidePool): Tables['groups'] {
  const known: (readonly Group[] | undefined)[] = new Array(automaton.states).fill(undefined);
  return (state) => {
    const index = automaton.indexOf(state);
    let groups = known[index];
    if (!groups) {
      groups = [...Map.groupBy(automaton.owners(state), ({ searched }) => searched.view)].flatMap(([view, all]) =>
        [...parted(all)].map((part) => {
          return {
            view,
            probes: part,
            right: pool.of(
              part.map(({ rightItems }) => rightItems),
              false,
            ),
          };
        }),
      );
      known[index] = groups;
    }
    return groups;
  };
}

function needlesOf(
  rule: ScanRule,
  index: number,
  number: number,
  { budget, sides, shared }: Shared,
): readonly Needle<Probe>[] | RuleProblem {
  const view = rule.view ?? 'folded';
  const hold = rule.hold ?? false;
  const result = read(rule.patterns[index] ?? '', view, hold);
  if ('message' in result) return { rule: rule.id, pattern: index, ...result };
  const { pattern, found } = result;
  let prefix: UnitSet | undefined;
  const searched: Searched = {
    number,
    rule: rule.id,
    pattern: index,
    view,
    hold,
    finder: new Finder(pattern, budget),
    prefix: () => {
      prefix ??= unitSet(
        unitsOf({ kind: 'any', items: [...new Set(found.literals.flatMap(({ sides }) => sides.left))] }),
        shared,
      );
      return prefix;
    },
    atWord: beginsAtWord(pattern.root),
    beforeMax: Math.max(...found.literals.map(({ before }) => before.max)),
  };
  return found.literals.map((literal): Needle<Probe> => {
    const { text, before } = literal;
    const owner: Probe = {
      searched,
      length: text.length,
      hasSpace: text.includes(String.fromCharCode(SPACE_SYMBOL)),
      beforeMin: before.min,
      beforeMax: before.max,
      left: sides.of([literal.sides.left], true),
      rightItems: literal.sides.right,
    };
    return { text, owner, isAwaited: hold };
  });
}

function waitsOf(searched: readonly Searched[]): readonly Wait[] {
  const waits: Wait[] = [];
  const groups = Map.groupBy(
    searched.filter(({ hold, beforeMax }) => hold && beforeMax > 0),
    ({ prefix }) => prefix(),
  );
  for (const [prefix, group] of groups) {
    for (const view of new Set(group.map((one) => one.view))) {
      const lengths = group.filter((one) => one.view === view).map(({ beforeMax }) => beforeMax);
      waits.push({ view, prefix, length: Math.max(...lengths) });
    }
  }
  return waits;
}

/** Literals in a sample: what they build takes a few ms. */
const SAMPLE_LITERALS = 4;

function samplesOf(needles: readonly Needle<Probe>[]): string[] {
  const byPattern = new Map(needles.map(({ text, owner }) => [owner.searched, text]));
  const texts = [...new Set(byPattern.values())].filter((text) => /^[ -~]+$/.test(text));
  const groups = Map.groupBy(texts.entries(), ([i]) => Math.floor(i / SAMPLE_LITERALS));
  return [...groups.values()].map((group) => group.map(([, text]) => text).join(' '));
}

/** @returns all problems at once, where there is one. */
export function compileTables(rules: readonly ScanRule[]): Tables | readonly RuleProblem[] {
  const budget = new StateBudget();
  const common: Shared = { budget, sides: new SidePool(budget), shared: new Map() };
  const needles: Needle<Probe>[] = [];
  const problems: RuleProblem[] = [];
  let number = 0;
  for (const rule of rules) {
    for (let index = 0; index < rule.patterns.length; index++) {
      const found = needlesOf(rule, index, number++, common);
      if ('message' in found) problems.push(found);
      else needles.push(...found);
    }
  }
  if (problems.length > 0) return problems;
  const searched = [...new Set(needles.map(({ owner }) => owner.searched))];
  const automaton = new Automaton(needles);
  return {
    automaton,
    groups: grouping(automaton, common.sides),
    waits: waitsOf(searched),
    views: [...new Set(searched.map(({ view }) => view))],
    beforeMax: Math.max(0, ...searched.map(({ beforeMax }) => beforeMax)),
    budget: common.budget,
    samples: samplesOf(needles),
  };
}
