/**
 * Policy: what people write, compiled to plain data, layered, and executed on texts, tool calls and counters; and the risk
 * ladder. Pure and deterministic. It must never read a clock, keep state between calls, or match a pattern by itself: what
 * finds patterns is an engine that the caller gives (libs/scan).
 */
// The ladder's arithmetic, which the stores run too.
export { addRisk, inheritRisk, NO_RISK, SCORE_MAX, scoreAt, untilBelow } from '@elida/session';
export * from './actions.ts';
export { OLD_TYPES } from './aliases.ts';
export { compoundAnomaly, rateAnomaly } from './anomaly.ts';
export { entropyOf } from './characters.ts';
export * from './compile.ts';
export * from './compiled.ts';
export * from './config-file.ts';
export * from './evaluate.ts';
export * from './explain.ts';
export { matchesAny } from './glob.ts';
export * from './ladder.ts';
export * from './layer.ts';
export * from './metrics.ts';
export { type Policy, type PolicyDocument, policySchema, type Rule, type RuleDocument } from './model.ts';
export * from './presets/index.ts';
export * from './resolve.ts';
export * from './risk.ts';
export { SHIPPED_RULES } from './rules/index.ts';
export * from './scan-engine.ts';
export type { ToolCall } from './tool-call.ts';
