/** Patterns of the configuration: a subset of regular expressions whose work on any text is bounded, and proven so. */
import { canBeEmpty, stepsOf } from './pattern-cost.ts';
import { type Node, parsePattern } from './pattern-syntax.ts';

export interface CustomPattern {
  readonly name: string;
  readonly pattern: string;
  /** Literal text. */
  readonly replacement: string;
}

/** Steps that one starting position may cost: with a literal beginning few positions start at all. */
const STEPS_MAX = 128;
const STEPS_MAX_WITH_PREFIX = 512;
const PREFIX_CHARS = 2;

function prefixLength(node: Node): number {
  if (node.kind !== 'sequence') return 0;
  let length = 0;
  for (const item of node.items) {
    if (item.kind === 'assertion') continue;
    if (item.kind !== 'set' || !item.isLiteral) break;
    length++;
  }
  return length;
}

export type Compiled = { readonly expression: RegExp } | { readonly problem: string };

/** @returns the expression (flags `gu`), or why the pattern is not accepted. */
export function compilePattern(pattern: string): Compiled {
  const parsed = parsePattern(pattern);
  if ('problem' in parsed) return parsed;
  if (canBeEmpty(parsed.node)) return { problem: 'it can match nothing at all' };
  const steps = stepsOf(parsed.node);
  const max = prefixLength(parsed.node) >= PREFIX_CHARS ? STEPS_MAX_WITH_PREFIX : STEPS_MAX;
  if (steps > max) {
    const advice = 'begin with literal characters, and bound repetitions ({8}, {1,16})';
    return { problem: `it may need ${steps} steps at one place of a text (at most ${max}): ${advice}` };
  }
  return { expression: new RegExp(parsed.source, 'gu') };
}

/** @returns null where `createRedactor` accepts the pattern, else the reason in words for its author. */
export function patternProblem(pattern: string): string | null {
  const compiled = compilePattern(pattern);
  return 'problem' in compiled ? compiled.problem : null;
}
