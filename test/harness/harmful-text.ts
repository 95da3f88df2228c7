/**
 * Texts against a rule's own patterns: what they match, what they match but for the last character, every repeat at its most, and
 * beginnings over and over. The same each time.
 */

import { type RuleDocument, SHIPPED_RULES } from '@elida/policy';
import { checkPattern, type Pattern } from '@elida/scan';

/** Copies of a repeat: more than any side of a literal looks at. */
const COPIES_MAX = 300;

type PatternNode = Pattern['root'];

const PRINTABLE = Array.from({ length: 0x5f }, (_, i) => 0x20 + i);
const isIn = (set: readonly number[], unit: number): boolean =>
  set.some((lo, i) => i % 2 === 0 && unit >= lo && unit <= (set[i + 1] ?? lo));

/** A text that the node matches; `turn` chooses among what it may be. */
function textOf(node: PatternNode, turn: () => number, most: number): string {
  switch (node.kind) {
    case 'place':
      return '';
    case 'unit': {
      const units = PRINTABLE.filter((unit) => isIn(node.set, unit));
      const unit = units[turn() % Math.max(1, units.length)] ?? node.set[0] ?? 0x20;
      return String.fromCharCode(unit);
    }
    case 'all':
      return node.items.map((item) => textOf(item, turn, most)).join('');
    case 'any': {
      const item = node.items[turn() % node.items.length];
      return item === undefined ? '' : textOf(item, turn, most);
    }
    case 'repeat': {
      const copies = Math.min(node.max, Math.max(node.min, Math.min(most, COPIES_MAX)));
      return Array.from({ length: copies }, () => textOf(node.item, turn, most)).join('');
    }
  }
}

/** Deterministic, and never the same for long. */
function turns(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >> 8;
  };
}

/** Of so much a text is made, and goes on with it. */
const PERIOD = 65_536;

/** @returns text of so many UTF-16 units, made to keep these patterns busy. */
export function harmfulText(patterns: readonly Pattern[], length: number): string {
  const turn = turns();
  let text = '';
  while (text.length < PERIOD) {
    for (const { root } of patterns) {
      for (const most of [1, COPIES_MAX, 7]) {
        const match = textOf(root, turn, most);
        const beginning = match.slice(0, Math.ceil(match.length / 2));
        text += [match, match.slice(0, -1), beginning.repeat(20), `${match.slice(0, -1)} `.repeat(8)].join(
          turn() % 2 ? ' ' : '',
        );
      }
    }
  }
  const period = text.slice(0, 2 * PERIOD);
  return Buffer.from(period.repeat(Math.ceil(length / period.length)).slice(0, length))
    .toString('utf8')
    .slice(0, length);
}

export interface RulePatterns {
  readonly rule: string;
  readonly sources: readonly string[];
  readonly view: 'raw' | 'folded';
}

function patternsOf(rule: RuleDocument): readonly RulePatterns[] {
  if (rule.type === 'content_match') {
    return [{ rule: rule.name, sources: rule.patterns, view: rule.case_sensitive ? 'raw' : 'folded' }];
  }
  if (rule.type !== 'tool') return [];
  const sources = (rule.arguments ?? [])
    .flatMap(({ operator, value }) => (operator === 'matches' || operator === 'shell_matches' ? [value].flat() : []))
    .filter((value) => typeof value === 'string');
  return sources.length === 0 ? [] : [{ rule: rule.name, sources, view: 'folded' }];
}

/** Shipped rules that have patterns. */
export const RULE_PATTERNS: readonly RulePatterns[] = SHIPPED_RULES.flatMap(patternsOf);

export const readPatterns = ({ sources, view }: RulePatterns): readonly Pattern[] =>
  sources.map((source) => {
    const read = checkPattern(source, view);
    if ('message' in read) throw new Error(`${source}: ${read.message}`);
    return read;
  });
