/**
 * The state table: data, no code. The memory store executes it; the Lua of libs/redis is generated from it; one
 * property suite runs on both (test/contract). A row that is missing means: refused, nothing changes.
 */
import type { EndReason, OrderKind, SessionState } from '@elida/contracts';

/** What can happen to a session, besides requests. `kill_expired`, `hold_expired`, `idle`, `life`: the clock. */
export type SessionInput =
  | Exclude<OrderKind, 'block' | 'unblock' | 'count'>
  | 'idle'
  | 'life'
  | 'kill_expired'
  | 'hold_expired';

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

/** Inputs that the clock gives, in the order in which they win when their times are equal. */
export const CLOCK_INPUTS = ['hold_expired', 'kill_expired', 'life', 'idle'] as const;
export type ClockInput = (typeof CLOCK_INPUTS)[number];

/** Clock inputs that end the incarnation at once, and what its record says. `hold_expired` only changes the state. */
export const ENDS_BY_CLOCK: Readonly<Partial<Record<ClockInput, EndReason>>> = {
  kill_expired: 'killed',
  life: 'max_duration',
  idle: 'idle',
};

/** States that END_GRACE_MS later end the incarnation: somebody decided so, the cut exchanges still settle. */
export const ENDS_AFTER_GRACE: Readonly<Partial<Record<SessionState, EndReason>>> = {
  terminated: 'terminated',
  completed: 'completed',
};

/** Orders that refuse a session before its first request: they may create a record that has not started. */
export const STANDING_ORDERS: readonly OrderKind[] = ['kill', 'hold', 'terminate'];

export const SESSION_STATE_ZEROS: Readonly<Record<SessionState, number>> = {
  active: 0,
  held: 0,
  killed: 0,
  terminated: 0,
  timed_out: 0,
  completed: 0,
};
