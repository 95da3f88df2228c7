/** The edge's face of the store. `enter` is one round trip, unless an incarnation begins again under a known session. */
import { LIMITS, type SessionState } from '@elida/contracts';
import {
  type EnterReply,
  type EnterRequest,
  REPLY_TTL_MS,
  type SessionGate,
  type Settlement,
  UNWATCHED,
} from '@elida/session';
import type { Context } from './context.ts';
import { EDGES, EPOCH, endedKey, replyKeyOf, sessionKey } from './keys.ts';
import { unavailable } from './link.ts';
import { HISTORY_MS } from './lua/session.ts';
import type { Readiness } from './readiness.ts';
import { type Step, step } from './script.ts';
import { encodeFixed } from './session-codec.ts';
import type { SessionIndex } from './session-index.ts';

const READ_EPOCH = step('get', EPOCH);
/** Of the table of edges, refreshed by each heartbeat. */
const EDGES_TTL_MS = 86_400_000;

const UNTOLD_MAX = 1_000;

/** Reply of ENTER: state, incarnation, started, until, wait or -1, reason. */
type Entered = readonly [SessionState, number, number, number, number, string];

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
    this.#index.learn(sid);
    const [state, incarnation, started, untilAt, wait, reason] = replies[0] as Entered;
    // The entry of an earlier incarnation may be on its way out of the index: this one stands for itself.
    if (wait >= 0 && (known || incarnation > 1)) await this.#reschedule(request, wait, started === 1);
    return {
      ...UNWATCHED,
      state,
      incarnation,
      started: started === 1,
      reason,
      untilAt,
      blocksEpoch: Number(replies[1]),
    };
  }

  async settle(batch: readonly Settlement[]): Promise<void> {
    for (let from = 0; from < batch.length; from += LIMITS.settleSliceMax.value) {
      const slice = batch.slice(from, from + LIMITS.settleSliceMax.value);
      const steps = slice.map(({ sid, incarnation, backend, requests, bytesIn, bytesOut }) =>
        this.#context.call(
          this.#context.scripts.session.settle,
          [sessionKey(sid)],
          ...[incarnation, backend, requests, bytesIn, bytesOut],
        ),
      );
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

  async flag(): Promise<null> {
    return null;
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
    const { sid, idleMs, lifeMs, agent, workflow, tenant } = request;
    return this.#context.call(
      this.#context.scripts.session.enter,
      [sessionKey(sid), endedKey(sid)],
      ...[idleMs, lifeMs, agent, workflow, tenant, encodeFixed(request)],
    );
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

/** ms until a session that begins now is due at the earliest; a day where it has no limits. */
const patience = ({ idleMs, lifeMs }: EnterRequest): number => Math.min(idleMs || 86_400_000, lifeMs || 86_400_000);
