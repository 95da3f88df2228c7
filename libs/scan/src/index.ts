/**
 * Scan: which of many patterns occur in a text, and where, in one pass whose cost a character does not grow with their number.
 * Pure. It must never run a backtracking regular expression on traffic, and never change a text.
 */
export { checkPattern, type RuleProblem, type ScanRule, type ViewName } from './compile.ts';
export type { HoldBack, Judged } from './hold-back.ts';
export type { Pattern, Problem } from './pattern.ts';
export type { Finding } from './reading.ts';
export { compileScanner, type Scanner } from './scanner.ts';
