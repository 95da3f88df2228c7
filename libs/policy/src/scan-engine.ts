/** libs/scan as the engine of a policy: each pattern of the table is one of its rules, named by its index. */
import { checkPattern, compileScanner, type ScanRule } from '@elida/scan';
import { isHarmless } from './actions.ts';
import type { CompiledPolicy, Pattern, PatternEngine, PatternMatch } from './compiled.ts';

type Found = { readonly rule: string; readonly start: number; readonly end: number };

/** Findings of a scanner made from `scanRulesOf` → matches of the policy's patterns. */
export const matchesOf = (findings: readonly Found[]): PatternMatch[] =>
  findings.map(({ rule, start, end }) => ({ pattern: Number(rule), start, end }));

const viewOf = ({ caseSensitive }: Pattern) => (caseSensitive ? ('raw' as const) : ('folded' as const));

const ruleOf = (pattern: Pattern, index: number, hold: boolean): ScanRule => ({
  id: String(index),
  patterns: [pattern.source],
  view: viewOf(pattern),
  hold,
});

/** For the scanner of a reply's stream: text waits only for patterns of rules that read replies, act, and are enforced. */
export function scanRulesOf(policy: CompiledPolicy): ScanRule[] {
  const held = new Set(
    policy.rules.flatMap((rule) =>
      rule.type === 'content_match' && rule.target !== 'request' && !isHarmless(rule.action) ? rule.patterns : [],
    ),
  );
  return policy.patterns.map((pattern, index) => ruleOf(pattern, index, policy.mode === 'enforce' && held.has(index)));
}

export const scanEngine: PatternEngine = {
  problemOf(pattern) {
    const read = checkPattern(pattern.source, viewOf(pattern));
    return 'message' in read ? `${read.message} (at character ${read.at + 1} of the pattern)` : null;
  },
  finder(patterns) {
    const scanner = compileScanner(patterns.map((pattern, index) => ruleOf(pattern, index, false)));
    // The compiler has asked `problemOf` of each before it puts one into a table.
    if (!('scan' in scanner)) throw new Error(scanner.map(({ message }) => message).join('; '));
    return (text) => matchesOf(scanner.scan(text));
  },
};
