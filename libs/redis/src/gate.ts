/** The edge's face of the store. `enter` is one round trip, unless an incarnation begins again under a known session. */
import { LIMITS, type RiskState, type SessionState } from '@elida/contracts';
import {
  type CaptureRequest,
  type EnterReply,
  type EnterRequest,
  type FlagReply,
  type FlagRequest,
  REPLY_TTL_MS,
  type SessionGate,
  type Settlement,
} from '@elida/session';
import type { Context } from './context.ts';
import { EDGES, EPOCH, endedKey, foundKey, principalKey, replyKeyOf, sessionKey, watchKey } from './keys.ts';
import { unavailable } from './link.ts';
import { HISTORY_MS } from './lua/session.ts';
import type { Readiness } from './readiness.ts';
import { type Step, step } from './script.ts';
import { encodeFixed } from './session-codec.ts';
import type { SessionIndex } from './session-index.ts';
import { decodePrincipal, decodeWatched, encodeUse, encodeWatch, type Inherited, type Watched } from './watch-codec.ts';

const READ_EPOCH = step('get', EPOCH);
/** Of the table of edges, refreshed by each heartbeat. */
const EDGES_TTL_MS = 86_400_000;

const UNTOLD_MAX = 1_000;

/** Reply of ENTER: state, incarnation, started, until, wait or -1, reason, watched. */
type Entered = readonly [SessionState, number, number, number, number, string, Watched?];
/** Reply of FLAG: fresh, sum before, its time, now, points. */
type Flagged = readonly [readonly number[], string | null, string | null, number, string];

/**
 * So long after its begin a session without risk still takes its principal's: whoever comes with the same fresh id
 * before the one that began it has written that down, must not find it without.
 */
const INHERIT_MS = 1_000;

export class Gate implements Omit<SessionGate, 'blocks' | 'followOrders' | 'available'> {
  readonly #context: Context;
  readonly #index: SessionIndex;
  readonly #ready: Readiness;
  /** Begins that Redis made after their caller was refused. */
  readonly #untold: { readonly sid: string; readonly incarnation: number }[] = [];
  late = 0;

  constructor(context: Context, index: SessionIndex, ready: Readiness) {
    this.#context = context;
    this.#index = index;
    this.#ready = ready;
  }

  async enter(request: EnterRequest): Promise<EnterReply> {
    await this.#ready.required();
    const { sid } = request;
    const known = this.#index.knows(sid);
    const steps = [this.#enterStep(request), READ_EPOCH];
    // Another slot: read beside it. Whoever knows the session knows that it has begun.
    if (request.watch && !known) steps.push(readPrincipal(request));
    if (!known) steps.push(...this.#index.first(request, patience(request), this.#context.clock.now()));
    const replies = await this.#context.link.send(steps, (late) => this.#retract(sid, late[0]));
    const failed = replies.find((reply) => reply instanceof Error);
    if (failed) throw unavailable(failed);
    if (replies[1] === null) {
      // Wiped: what just began must not look as if it had been announced.
      this.#retract(sid, replies[0]);
      this.#ready.lost();
      throw unavailable();
    }
    const entered = replies[0] as Entered;
    const [state, incarnation, started, untilAt, wait, reason, watched] = entered;
    const inherited = await this.#inherit(request, entered, known ? undefined : replies[2]);
    this.#index.learn(sid);
    // The entry of an earlier incarnation may be on its way out of the index: this one stands for itself.
    if (wait >= 0 && (known || incarnation > 1)) await this.#reschedule(request, wait, started === 1);
    return {
      ...decodeWatched(request.watch, watched, inherited),
      state,
      incarnation,
      started: started === 1,
      reason,
      untilAt,
      blocksEpoch: Number(replies[1]),
    };
  }

  /** @param principal what was read beside ENTER; undefined: not read. */
  async #inherit(request: EnterRequest, entered: Entered, principal: unknown): Promise<Inherited | null> {
    const { watch, sid } = request;
    const [, incarnation, started, , , , watched] = entered;
    if (!watch || !watched || watched[0] !== null) return null;
    const [, , now, , startedAt] = watched;
    if (started === 0 && (principal === undefined || now - startedAt >= INHERIT_MS)) return null;
    try {
      const stored = principal === undefined ? await this.#context.one(readPrincipal(request)) : principal;
      const { score, at } = decodePrincipal(stored, now);
      if (score === 0) return null;
      const reply = await this.#context.one(
        this.#context.call(
          this.#context.scripts.risk.inherit,
          [sessionKey(sid), endedKey(sid), watchKey(sid)],
          ...[incarnation, score, at, encodeWatch(watch)],
        ),
      );
      if (!reply) throw unavailable(new Error('the session is gone before it took its risk'));
      return reply as Inherited;
    } catch (error) {
      this.#retract(sid, entered);
      throw error;
    }
  }

  async flag(request: FlagRequest): Promise<FlagReply | null> {
    const { sid, incarnation, halfLifeMs, findings } = request;
    const reply = (await this.#context.one(
      this.#context.call(
        this.#context.scripts.risk.flag,
        [sessionKey(sid), endedKey(sid), watchKey(sid), foundKey(sid)],
        ...[incarnation, halfLifeMs, JSON.stringify(findings.map(({ key, points }) => [key, points]))],
      ),
    )) as Flagged | null;
    if (!reply) return null;
    const [fresh, score, at, now, points] = reply;
    if (Number(points) > 0) await this.#addToPrincipal(request, points);
    return { fresh: fresh.map((one) => one === 1), before: { score: Number(score), at: Number(at) }, at: now };
  }

  async capture({ sid, incarnation, max }: CaptureRequest): Promise<boolean | null> {
    const { capture } = this.#context.scripts.session;
    const counted = await this.#context.one(this.#context.call(capture, [sessionKey(sid)], incarnation, max));
    return counted === null ? null : counted === 1;
  }

  /** What the session has counted stays counted, and its caller must be told. */
  async #addToPrincipal({ tenant, principal, halfLifeMs, sid }: FlagRequest, points: string): Promise<void> {
    const { addPrincipal } = this.#context.scripts.risk;
    try {
      await this.#context.one(this.#context.call(addPrincipal, [principalKey(tenant, principal)], points, halfLifeMs));
    } catch (error) {
      this.#context.log.warn('principal_risk_not_added', { session: sid, points, error });
    }
  }

  async principalRisk(tenant: string, principal: string): Promise<RiskState> {
    const [stored, time] = await this.#context.all(readPrincipal({ tenant, principal }), step('time'));
    return decodePrincipal(stored, this.#context.time(time));
  }

  async settle(batch: readonly Settlement[]): Promise<void> {
    for (let from = 0; from < batch.length; from += LIMITS.settleSliceMax.value) {
      const slice = batch.slice(from, from + LIMITS.settleSliceMax.value);
      const steps = slice.map((settlement) => this.#settleStep(settlement));
      const replies = slice.flatMap(({ sid, replyKey }) =>
        replyKey ? [step('set', replyKeyOf(replyKey), sid, 'PX', REPLY_TTL_MS)] : [],
      );
      // SET answers OK: only a settlement answers 0.
      for (const counted of await this.#context.all(...steps, ...replies)) if (counted === 0) this.late++;
    }
  }

  async sessionOfReply(replyKey: string): Promise<string> {
    return ((await this.#context.one(step('get', replyKeyOf(replyKey)))) as string | null) ?? '';
  }

  async touch(sids: readonly string[]): Promise<void> {
    for (let from = 0; from < sids.length; from += LIMITS.settleSliceMax.value) {
      const slice = sids.slice(from, from + LIMITS.settleSliceMax.value);
      const { touch } = this.#context.scripts.session;
      await this.#context.all(...slice.map((sid) => this.#context.call(touch, [sessionKey(sid)])));
    }
  }

  async heartbeat(beat: Parameters<SessionGate['heartbeat']>[0]): Promise<void> {
    const { beat: script } = this.#context.scripts.control;
    await this.#context.one(this.#context.call(script, [EDGES], beat.edge, JSON.stringify(beat), EDGES_TTL_MS));
  }

  #enterStep(request: EnterRequest): Step {
    const { sid, idleMs, lifeMs, agent, workflow, tenant, watch } = request;
    const { enter, enterWatched } = this.#context.scripts.session;
    const args = [idleMs, lifeMs, agent, workflow, tenant, encodeFixed(request)];
    const keys = [sessionKey(sid), endedKey(sid)];
    return watch
      ? this.#context.call(enterWatched, [...keys, watchKey(sid)], ...args, encodeWatch(watch))
      : this.#context.call(enter, keys, ...args);
  }

  #settleStep(settlement: Settlement): Step {
    const { sid, incarnation, backend, requests, bytesIn, bytesOut } = settlement;
    const { settle, settleUse } = this.#context.scripts.session;
    const args = [incarnation, backend, requests, bytesIn, bytesOut];
    const use = encodeUse(settlement);
    return use === ''
      ? this.#context.call(settle, [sessionKey(sid)], ...args)
      : this.#context.call(settleUse, [sessionKey(sid), endedKey(sid), watchKey(sid)], ...args, use);
  }

  async #reschedule({ tenant, sid, lifeMs }: EnterRequest, wait: number, begin: boolean): Promise<void> {
    await this.#context.one(this.#index.schedule(tenant, sid, wait, lifeMs + HISTORY_MS, begin));
  }

  /** Nobody was told of this begin: the next request shall be the first. */
  #retract(sid: string, reply: unknown): void {
    if (!Array.isArray(reply) || reply[2] !== 1) return;
    if (this.#untold.length < UNTOLD_MAX) this.#untold.push({ sid, incarnation: Number(reply[1]) });
    if (this.#context.link.up) this.retractUntold();
  }

  /** When the store answers again: its late replies came while it still counted as gone. */
  retractUntold(): void {
    const steps = this.#untold
      .splice(0)
      .map(({ sid, incarnation }) =>
        this.#context.call(this.#context.scripts.session.retract, [sessionKey(sid), endedKey(sid)], incarnation),
      );
    this.#context.all(...steps).catch((error: unknown) => {
      this.#context.log.warn('begins_not_retracted', { sessions: steps.length, error });
    });
  }
}

const readPrincipal = ({ tenant, principal }: { readonly tenant: string; readonly principal: string }): Step =>
  step('get', principalKey(tenant, principal));

/** ms until a session that begins now is due at the earliest; a day where it has no limits. */
const patience = ({ idleMs, lifeMs }: EnterRequest): number => Math.min(idleMs || 86_400_000, lifeMs || 86_400_000);
