/**
 * Reads a pattern in the syntax of JavaScript with flag `u` (RE2 writes the same but for look-around and back-references,
 * which neither takes in linear time). It never accepts what it cannot match in linear time, and says where the trouble is.
 *
 * `*`, `+` and `{n,}` repeat at most REPEAT_UNBOUNDED times (or n, if that is more). `(?i)`, `(?m)` and `(?s)` may stand at
 * the beginning, `(?i:…)` anywhere. A lazy repeat is taken and means the same as a greedy one: the longest match is reported.
 */
import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { closeCase } from './case-orbit.ts';
import {
  ALL,
  type CharSet,
  clip,
  complement,
  DIGIT,
  LINE_END,
  only,
  rangesOf,
  SPACE,
  setOf,
  sizeOf,
  union,
  WORD,
} from './char-set.ts';
import { MATCH_MAX, REPEAT_MAX, REPEAT_UNBOUNDED, SOURCE_MAX, STEPS_MAX } from './limits.ts';
import { lengthsOf, NOTHING, oneOf, type PatternNode } from './pattern-node.ts';
import { propertySet } from './property-set.ts';

export interface Problem {
  readonly message: string;
  /** Offset in the pattern, in UTF-16 code units. */
  readonly at: number;
}

export interface Pattern {
  readonly source: string;
  readonly root: PatternNode;
  /** Lengths of a match in code units of the view. */
  readonly minLength: number;
  readonly maxLength: number;
}

interface Reading {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  /** What the view turns a code point into. */
  readonly fold: (point: number) => string;
}

export interface ReadOptions {
  readonly ignoreCase: boolean;
  readonly fold: (point: number) => string;
}

/** Thrown and caught in this file only. */
class Refused extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const parser = new RegExpParser({ ecmaVersion: 2025 });

/** `\"`, `\-`, `\ ` and the like are common, but not in the strict grammar: the backslash goes. */
function relaxEscapes(source: string): { text: string; origin: number[] } {
  let text = '';
  const origin: number[] = [];
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const next = source[i] === '\\' ? (source[i + 1] ?? '') : '';
    if (next !== '') {
      const drop = next === '-' ? !inClass : /[\s!"#%&',:;<=>@_`~]/.test(next);
      if (!drop) {
        text += '\\';
        origin.push(i);
      }
      text += next;
      origin.push(++i);
      continue;
    }
    if (source[i] === '[') inClass = true;
    if (source[i] === ']') inClass = false;
    text += source[i];
    origin.push(i);
  }
  return { text, origin: [...origin, source.length] };
}

function classSet(element: AST.CharacterClassElement | AST.CharacterSet, reading: Reading): CharSet {
  const cased = (set: CharSet): CharSet => (reading.ignoreCase ? closeCase(set) : set);
  switch (element.type) {
    case 'Character':
      return cased(only(element.value));
    case 'CharacterClassRange':
      return cased([element.min.value, element.max.value]);
    case 'CharacterSet': {
      if (element.kind === 'any') return reading.dotAll ? ALL : complement(LINE_END);
      const named = { digit: DIGIT, space: SPACE, word: cased(WORD) };
      const set = element.kind === 'property' ? cased(propertySet(element.key, element.value)) : named[element.kind];
      return element.negate ? complement(set) : set;
    }
    default:
      throw new Refused('set operations in classes are not supported', element.start);
  }
}

/** Folding every member of a large class would take long and change nothing that is looked for. */
const FOLDED_CLASS_MAX = 4_096;

function characterClass(element: AST.CharacterClass, reading: Reading): PatternNode {
  const members = union(...element.elements.map((one) => classSet(one, reading)));
  const foreign = clip(members, 0x80, ALL[1] ?? 0);
  if (element.negate) return need(oneOf(complement(members)), element.start);
  if (foreign.length === 0 || sizeOf(foreign) > FOLDED_CLASS_MAX) return need(oneOf(members), element.start);
  const singles: [number, number][] = [];
  const sequences: PatternNode[] = [];
  for (const [lo, hi] of rangesOf(foreign)) {
    for (let point = lo; point <= hi; point++) {
      const folded = [...reading.fold(point)].map((one) => one.codePointAt(0) ?? 0);
      const [first] = folded;
      if (folded.length === 1 && first !== undefined) singles.push([first, first]);
      else if (folded.length > 1) sequences.push(spell(folded, reading));
    }
  }
  const plain = oneOf(union(clip(members, 0, 0x7f), setOf(singles)));
  const items = plain === null ? sequences : [plain, ...sequences];
  return items.length === 0 ? need(null, element.start) : { kind: 'any', items };
}

function need(node: PatternNode | null, at: number): PatternNode {
  if (node === null) throw new Refused('nothing in this view can match this', at);
  return node;
}

function spell(points: readonly number[], reading: Reading): PatternNode {
  const sets = points.map((point) => (reading.ignoreCase ? closeCase(only(point)) : only(point)));
  return { kind: 'all', items: sets.flatMap((set) => oneOf(set) ?? []) };
}

/** Most characters of patterns are the same few; a node is a value and may stand in many trees. */
const known = new Map<(point: number) => string, Map<number, PatternNode>>();

function character(element: AST.Character, reading: Reading): PatternNode {
  const byPoint = known.get(reading.fold) ?? new Map<number, PatternNode>();
  known.set(reading.fold, byPoint);
  const key = element.value * 2 + Number(reading.ignoreCase);
  const found = byPoint.get(key);
  if (found) return found;
  const folded = [...reading.fold(element.value)].map((one) => one.codePointAt(0) ?? 0);
  if (folded.length === 0) throw new Refused('this character is removed from the view and never occurs', element.start);
  const node = spell(folded, reading);
  const spelled = node.kind === 'all' && node.items.length === 1 ? (node.items[0] ?? node) : node;
  byPoint.set(key, spelled);
  return spelled;
}

function quantifier(element: AST.Quantifier, reading: Reading): PatternNode {
  const item = readElement(element.element, reading);
  const max = element.max === Number.POSITIVE_INFINITY ? Math.max(element.min, REPEAT_UNBOUNDED) : element.max;
  if (max > REPEAT_MAX) throw new Refused(`more than ${REPEAT_MAX} repeats`, element.element.end);
  if (lengthsOf(item).max === 0) return element.min === 0 ? NOTHING : item;
  // A repeat of a repeat that leaves no gaps between its lengths is one repeat.
  if (item.kind === 'repeat' && item.min <= 1) {
    const open = element.max === Number.POSITIVE_INFINITY || item.max === REPEAT_UNBOUNDED;
    const min = item.min * element.min;
    return { ...item, min, max: Math.max(min, open ? REPEAT_UNBOUNDED : item.max * max) };
  }
  return { kind: 'repeat', item, min: element.min, max };
}

function assertion(element: AST.Assertion, reading: Reading): PatternNode {
  switch (element.kind) {
    case 'start':
      return { kind: 'place', place: reading.multiline ? 'line-start' : 'start' };
    case 'end':
      return { kind: 'place', place: reading.multiline ? 'line-end' : 'end' };
    case 'word':
      return { kind: 'place', place: element.negate ? 'no-boundary' : 'boundary' };
    case 'lookahead':
    case 'lookbehind':
      throw new Refused('look-around is not matched in linear time', element.start);
  }
}

function withModifiers(modifiers: AST.Modifiers | null, reading: Reading): Reading {
  if (modifiers === null) return reading;
  const { add, remove } = modifiers;
  const flag = (name: 'ignoreCase' | 'multiline' | 'dotAll'): boolean =>
    (reading[name] || add[name]) && !remove?.[name];
  return { ...reading, ignoreCase: flag('ignoreCase'), multiline: flag('multiline'), dotAll: flag('dotAll') };
}

function readElement(element: AST.Element, reading: Reading): PatternNode {
  switch (element.type) {
    case 'Character':
      return character(element, reading);
    case 'CharacterSet':
      return need(oneOf(classSet(element, reading)), element.start);
    case 'CharacterClass':
      return characterClass(element, reading);
    case 'Group':
      return alternatives(element.alternatives, withModifiers(element.modifiers, reading));
    case 'CapturingGroup':
      return alternatives(element.alternatives, reading);
    case 'Quantifier':
      return quantifier(element, reading);
    case 'Assertion':
      return assertion(element, reading);
    case 'Backreference':
      throw new Refused('back-references are not matched in linear time', element.start);
    case 'ExpressionCharacterClass':
      throw new Refused('set operations in classes are not supported', element.start);
  }
}

function alternatives(all: readonly AST.Alternative[], reading: Reading): PatternNode {
  const items = all.map(({ elements }): PatternNode => {
    const parts = elements.map((element) => readElement(element, reading));
    const [first] = parts;
    return parts.length === 1 && first ? first : { kind: 'all', items: parts };
  });
  const [first] = items;
  return items.length === 1 && first ? first : { kind: 'any', items };
}

/** Steps once repeats are written out; counted before anything is built. */
function stepsOf(node: PatternNode): number {
  if (node.kind === 'repeat') return node.max * (stepsOf(node.item) + 1);
  if (node.kind === 'all' || node.kind === 'any') return node.items.reduce((sum, item) => sum + stepsOf(item) + 1, 0);
  return 1;
}

/** `\n` of the message that the parser gives is `Invalid regular expression: /…/: reason`; only the reason is ours to show. */
const reasonOf = (error: Error): string => (error.message.split(': ').at(-1) ?? error.message).toLowerCase();

export function readPattern(source: string, options: ReadOptions): Pattern | Problem {
  if (source.length === 0 || source.length > SOURCE_MAX) {
    return { message: `a pattern has 1 to ${SOURCE_MAX} characters`, at: 0 };
  }
  const [flags = ''] = /^\(\?[ims]+\)/.exec(source) ?? [];
  const { text, origin } = relaxEscapes(source.slice(flags.length));
  const place = (at: number): number => flags.length + (origin[Math.min(at, origin.length - 1)] ?? 0);
  try {
    const parsed = parser.parsePattern(text, 0, text.length, { unicode: true });
    const root = alternatives(parsed.alternatives, {
      fold: options.fold,
      ignoreCase: options.ignoreCase || flags.includes('i'),
      multiline: flags.includes('m'),
      dotAll: flags.includes('s'),
    });
    const { min, max } = lengthsOf(root);
    if (min === 0) return { message: 'this pattern matches nothing at all, which is everywhere', at: 0 };
    if (max > MATCH_MAX) return { message: `a match may be ${max} characters long; the limit is ${MATCH_MAX}`, at: 0 };
    const steps = stepsOf(root);
    if (steps > STEPS_MAX) {
      return { message: `written out this is ${steps} steps; the limit is ${STEPS_MAX}: repeat less often`, at: 0 };
    }
    return { source, root, minLength: min, maxLength: max };
  } catch (error) {
    if (error instanceof Refused) return { message: error.message, at: place(error.at) };
    if (error instanceof SyntaxError && 'index' in error && typeof error.index === 'number') {
      return { message: reasonOf(error), at: place(error.index) };
    }
    throw error;
  }
}
