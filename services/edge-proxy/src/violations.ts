/**
 * What rules found, from the finding to its consequences: counted once in the store, recorded, added to the ladder, and what
 * the rung that was reached asks for. Requests wait for it; replies are told on while they run.
 */
import { type Installation, isFault, type Log } from '@elida/kernel';
import { climb, contributionOf, type Decision, isHarmless, type LadderStep } from '@elida/policy';
import { type FlagReply, NO_RISK, type SessionGate } from '@elida/session';
import { type Found, findingKey } from './inspection/found.ts';
import { secretOf } from './inspection/history.ts';
import type { OrderDesk } from './order-desk.ts';
import { Remembered } from './remembered.ts';
import type { RunningExchange } from './running-exchange.ts';
import { type EdgePolicy, publicReason } from './tables/edge-policy.ts';
import type { ViolationRecorder } from './violation-recorder.ts';

export type { Found } from './inspection/found.ts';

export interface ViolationParts {
  readonly log: Log;
  readonly installation: Installation;
  readonly sessions: Pick<SessionGate, 'flag'>;
  readonly desk: OrderDesk;
  readonly recorder: ViolationRecorder;
}

/** Of one exchange, most points first: what is beyond is not counted, and nobody needs it to decide. */
const FINDINGS_MAX = 256;
const KNOWN_MAX = 16_384;

export class Violations {
  readonly #parts: ViolationParts;
  /** Counted by this edge: a counter that stands, or what is edited in every turn, costs no further trip. */
  readonly #known = new Remembered<true>(KNOWN_MAX);

  constructor(parts: ViolationParts) {
    this.#parts = parts;
  }

  /**
   * Of a reply: whoever reads it calls this once for what it found together, and goes on. An order of a rule (kill, terminate)
   * or of the ladder cuts the exchange as any order does, also this one. Never throws.
   */
  report(exchange: RunningExchange, found: readonly Found[], decision: Decision): void {
    this.judge(exchange, found, decision).catch((error: unknown) => {
      // A reply is not held up by a store that is gone; what it said stays in the record.
      const level = isFault(error) && error.code === 'store_unavailable' ? 'warn' : 'error';
      this.#parts.log[level]('findings_not_counted', { exchange: exchange.id, findings: found.length, error });
    });
  }

  /**
   * Counts, records, climbs, and gives the orders that the rule or the ladder asks for.
   *
   * @returns the ladder's step; null where nothing was added.
   * @throws Fault store_unavailable: recorded, but not counted.
   */
  async judge(exchange: RunningExchange, found: readonly Found[], decision: Decision): Promise<LadderStep | null> {
    const { policy } = exchange;
    if (policy === null || found.length === 0) return null;
    exchange.findings += found.length;
    const counted = mostImportant(found);
    const { recorder } = this.#parts;
    let reply: FlagReply | null = null;
    try {
      reply = await this.#flag(exchange, policy, counted);
    } finally {
      const fresh = counted.filter((_, index) => reply?.fresh[index] ?? true);
      recorder.found(exchange, policy, fresh);
      recorder.decided(exchange, policy, decision, fresh);
    }
    await this.#obey(exchange, policy, decision);
    return reply === null ? null : this.#climb(exchange, policy, counted, reply);
  }

  async #flag(exchange: RunningExchange, policy: EdgePolicy, found: readonly Found[]): Promise<FlagReply | null> {
    const { whose, incarnation } = exchange;
    if (incarnation === 0) return null;
    const { ladder } = policy.compiled;
    const secret = secretOf(this.#parts.installation);
    const keys = found.map((one) => findingKey(secret, one));
    const known = keys.map((key) => `${whose.sid} ${incarnation} ${key}`);
    if (known.every((one) => this.#known.get(one))) return { fresh: keys.map(() => false), before: NO_RISK, at: 0 };
    const reply = await this.#parts.sessions.flag({
      sid: whose.sid,
      incarnation,
      tenant: whose.tenant,
      principal: whose.principal,
      findings: found.map(({ finding }, index) => ({
        key: keys[index] as string,
        points: ladder.enabled ? finding.points : 0,
      })),
      halfLifeMs: ladder.enabled ? ladder.halfLifeMs : 0,
    });
    if (reply !== null) for (const one of known) this.#known.set(one, true);
    return reply;
  }

  /** Kill and terminate of a rule. (In audit mode the decision is to flag.) */
  async #obey({ whose }: RunningExchange, policy: EdgePolicy, { action, rule }: Decision): Promise<void> {
    if (action !== 'kill' && action !== 'terminate') return;
    const { tenant, sid } = whose;
    await this.#parts.desk.give({
      kind: action,
      tenant,
      sid,
      actor: `rule:${rule}`,
      reason: publicReason(policy, rule),
    });
  }

  async #climb(
    exchange: RunningExchange,
    { compiled: { ladder, mode } }: EdgePolicy,
    counted: readonly Found[],
    { fresh, before, at }: FlagReply,
  ): Promise<LadderStep | null> {
    const added = counted
      .filter(({ finding }, index) => fresh[index] === true && finding.points > 0)
      .map(({ finding: { rule, severity, role } }) => contributionOf(rule, severity, role, at));
    if (!ladder.enabled || added.length === 0) return null;
    const { step } = climb(ladder, before, added, at, mode === 'enforce');
    const { log, recorder, desk } = this.#parts;
    recorder.climbed(exchange, step);
    if (!step.enforced) return step;
    const { tenant, sid } = exchange.whose;
    const { action, after, previous_action: stood } = step;
    // Once a rung: each further finding on it is an event, and no news for a log.
    const counts = action === 'warn' || !isHarmless(action === 'none' ? 'observe' : action);
    if (counts && action !== stood) {
      log.warn('risk_rung', { session: sid, action, score: after, exchange: exchange.id });
    }
    if ((action === 'kill' || action === 'terminate') && exchange.cutBy === null) {
      await desk.give({ kind: action, tenant, sid, actor: 'ladder', reason: `its risk score is ${shown(after)}` });
    }
    return step;
  }
}

/** One decimal: nobody reads more. */
export const shown = (score: number): string => String(Math.round(score * 10) / 10);

const mostImportant = (found: readonly Found[]): readonly Found[] =>
  found.length <= FINDINGS_MAX
    ? found
    : found.toSorted((a, b) => b.finding.points - a.finding.points).slice(0, FINDINGS_MAX);
