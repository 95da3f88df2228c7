/**
 * The state table: data, no code. The memory store executes it; the Lua of libs/redis is generated from it; one
 * property suite runs on both (test/contract). A row that is missing means: refused, nothing changes.
 */
import type { OrderKind, SessionState } from '@elida/contracts';

/** What can happen to a session, besides requests. `kill_expired`, `hold_expired`, `idle`, `life`: the clock. */
export type SessionInput = Exclude<OrderKind, 'block' | 'unblock'> | 'idle' | 'life' | 'kill_expired' | 'hold_expired';

export const TRANSITIONS: Readonly<Record<SessionState, Partial<Record<SessionInput, SessionState>>>> = {
  active: {
    kill: 'killed',
    hold: 'held',
    terminate: 'terminated',
    end: 'completed',
    idle: 'timed_out',
    life: 'timed_out',
  },
  held: {
    kill: 'killed',
    hold: 'held',
    resume: 'active',
    terminate: 'terminated',
    end: 'completed',
    hold_expired: 'killed',
    life: 'timed_out',
  },
  // kill_expired ends the incarnation with end_reason `killed`; the state stays.
  killed: { kill: 'killed', resume: 'active', terminate: 'terminated', kill_expired: 'killed' },
  terminated: {},
  timed_out: { terminate: 'terminated' },
  completed: { terminate: 'terminated' },
};

export const nextState = (from: SessionState, input: SessionInput): SessionState | null =>
  TRANSITIONS[from][input] ?? null;

/** What a new request meets: `begin` starts the next incarnation. */
export const ADMISSION: Readonly<Record<SessionState, 'allow' | 'hold' | 'refuse' | 'begin'>> = {
  active: 'allow',
  held: 'hold',
  killed: 'refuse',
  terminated: 'refuse',
  timed_out: 'begin',
  completed: 'begin',
};
