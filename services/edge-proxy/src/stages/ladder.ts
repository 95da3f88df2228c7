/** What the risk ladder lets in: by the score that the session has, or has just reached. */
import { Fault } from '@elida/kernel';
import { rungOf } from '@elida/policy';
import { type EnterReply, untilBelow } from '@elida/session';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import { shown } from '../violations.ts';

/** Rungs that let nothing new in. Waiting for a person comes later: until then `hold` refuses. */
const CLOSED: ReadonlySet<string> = new Set(['hold', 'block', 'kill', 'terminate']);

/** @throws Fault throttled, risk_blocked. In audit mode nothing. */
export function refuseByLadder(policy: EdgePolicy | null, { score, retryAfterMs }: EnterReply): void {
  if (policy === null || policy.compiled.mode !== 'enforce') return;
  refuseByScore(policy, score);
  if (retryAfterMs > 0) {
    const retryAfterS = Math.ceil(retryAfterMs / 1_000);
    throw new Fault(
      'throttled',
      `The session is throttled (risk score ${shown(score)}): the next request in ${retryAfterS} s`,
      {
        retryAfterS,
      },
    );
  }
}

/** @throws Fault risk_blocked: with when it will have decayed, where it does. */
export function refuseByScore({ compiled: { ladder } }: EdgePolicy, score: number): void {
  const rung = rungOf(ladder, score);
  if (rung === null || !CLOSED.has(rung.action)) return;
  const first = ladder.thresholds.find(({ action }) => CLOSED.has(action)) ?? rung;
  const waitMs = untilBelow({ score, at: 0 }, first.score, ladder.halfLifeMs);
  const when = Number.isFinite(waitMs)
    ? `it falls below ${shown(first.score)} in ${Math.ceil(waitMs / 1_000)} s if nothing is added`
    : 'it does not decay';
  throw new Fault('risk_blocked', `The session's risk score is ${shown(score)}: ${when}`);
}
