/** The shipped presets as an edge runs them, the same patterns as expressions of the platform, and ten times as many. */
import {
  type CompiledPolicy,
  compilePolicy,
  createEvaluator,
  type Evaluator,
  matchesOf,
  type Pattern,
  SHIPPED_RULES,
  scanEngine,
  scanRulesOf,
} from '@elida/policy';
import { compileScanner, type Scanner, type ScanRule } from '@elida/scan';
import { expressionOf } from '../../harness/expression.ts';

export interface Subject {
  readonly preset: string;
  readonly patterns: readonly Pattern[];
  readonly scanner: Scanner;
  readonly evaluator: Evaluator;
  /** The anchor: one expression after the other. @returns how many matches. */
  readonly sequential: (text: string) => number;
  /** The same rules about other words, nine times more. */
  readonly tenfold: Scanner;
}

function scannerOf(rules: readonly ScanRule[]): Scanner {
  const compiled = compileScanner(rules);
  if ('scan' in compiled) return compiled;
  throw new Error(compiled.map(({ rule, message, at }) => `${rule}: ${message} (${at})`).join('\n'));
}

export function subjectOf(preset: string): Subject {
  const compiled = compilePolicy({ preset }, { engine: scanEngine });
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
  const { policy } = compiled;
  const rules = scanRulesOf(policy);
  const scanner = scannerOf(rules);
  return {
    preset,
    patterns: policy.patterns,
    scanner,
    evaluator: createEvaluator(policy, { ...scanEngine, finder: () => (text) => matchesOf(scanner.scan(text)) }),
    sequential: sequential(policy),
    tenfold: scannerOf(Array.from({ length: 10 }, (_, by) => shifted(rules, by)).flat()),
  };
}

function sequential({ patterns }: CompiledPolicy): (text: string) => number {
  const expressions = patterns.map(({ source, caseSensitive }) => expressionOf(source, caseSensitive));
  return (text) => expressions.reduce((sum, expression) => sum + (text.match(expression)?.length ?? 0), 0);
}

const PAIRS = 'qzkxjvwpgbfymchudlnsrtioae';

/** Each word of three letters or more is shifted through an alphabet, so that the rules are about other words of the same shape. */
function shifted(rules: readonly ScanRule[], by: number): readonly ScanRule[] {
  if (by === 0) return rules;
  const other = (pattern: string): string =>
    pattern.replace(/\\.(?:\{[^}]*\})?|\[[^\]]*\]|\(\?\w+\)|[A-Za-z]{3,}/g, (word) =>
      /^[A-Za-z]/.test(word)
        ? word.replace(/[a-z]/g, (letter, at: number) => PAIRS[(PAIRS.indexOf(letter) + by * (at + 1)) % 26] ?? letter)
        : word,
    );
  return rules.map((rule) => ({ ...rule, id: `${rule.id}-${by}`, patterns: rule.patterns.map(other) }));
}

/** What content rules say they must match. */
export const EXAMPLES: readonly string[] = SHIPPED_RULES.flatMap((rule) =>
  rule.type === 'content_match' ? (rule.tests?.must_match ?? []).filter((one) => typeof one === 'string') : [],
);
