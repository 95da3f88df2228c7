/**
 * The arithmetic of risk: score = min(100, Σ points × 2^(−Δt / half-life)), decayed on read. The stored state is one sum
 * and its time, so that a store can add atomically: `{score, at}` → add → `{score, at}`. The cap applies on read only;
 * otherwise the sum would depend on the order in which edges add. libs/redis does the same in Lua.
 */
import type { RiskState } from '@elida/contracts';

export const SCORE_MAX = 100;
export const NO_RISK: RiskState = { score: 0, at: 0 };

/** Below this nothing is worth remembering of a principal. */
export const NEGLIGIBLE_SCORE = 0.01;
/** How long a principal's risk is remembered where nothing decays. */
export const UNDECAYED_RISK_MS = 86_400_000;

/** What is left of one point after `elapsedMs`. The future counts whole: clocks of stores may step back. */
function factor(elapsedMs: number, halfLifeMs: number): number {
  return halfLifeMs === 0 || elapsedMs <= 0 ? 1 : 2 ** (-elapsedMs / halfLifeMs);
}

/** Adds points of the time `at`; what comes late has decayed on its way. */
export function addRisk(state: RiskState, points: number, at: number, halfLifeMs: number): RiskState {
  const now = Math.max(state.at, at);
  return {
    score: state.score * factor(now - state.at, halfLifeMs) + points * factor(now - at, halfLifeMs),
    at: now,
  };
}

export const scoreAt = (state: RiskState, at: number, halfLifeMs: number): number =>
  Math.min(SCORE_MAX, state.score * factor(at - state.at, halfLifeMs));

/** A principal's new session starts where the principal stands, so that a fresh session id sheds nothing. */
export const inheritRisk = (principal: RiskState, at: number, halfLifeMs: number): RiskState => ({
  score: scoreAt(principal, at, halfLifeMs),
  at: Math.max(at, principal.at),
});

/** @returns Unix ms at which the score falls below `threshold`; Infinity where nothing decays. */
export function untilBelow(state: RiskState, threshold: number, halfLifeMs: number): number {
  if (state.score < threshold) return state.at;
  if (halfLifeMs === 0 || threshold <= 0) return Number.POSITIVE_INFINITY;
  return state.at + Math.floor(halfLifeMs * Math.log2(state.score / threshold)) + 1;
}

/** @returns Unix ms from which a principal's risk may be forgotten. */
export const forgettableAt = (state: RiskState, halfLifeMs: number): number =>
  halfLifeMs === 0 ? state.at + UNDECAYED_RISK_MS : untilBelow(state, NEGLIGIBLE_SCORE, halfLifeMs);
