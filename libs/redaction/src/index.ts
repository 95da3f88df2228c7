/**
 * Redaction: nothing sensitive is kept. Pure and linear in its input; it must never see text that is on its way to a
 * provider (that is reversible redaction, another part) and never log what it found.
 */
export { type CustomPattern, patternProblem } from './custom-pattern.ts';
export * from './redactor.ts';
