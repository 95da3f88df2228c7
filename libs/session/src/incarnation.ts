/**
 * What the clock, requests and orders do to one session: the executable side of states.ts. Pure: `now` is passed in
 * (Unix ms). The memory store runs it; the Redis adapter reads with it what it has stored, and its Lua does the same
 * thing inside the server (one property suite compares the two).
 *
 * `startedAt` 0 is a session that an order named before its first request. `incarnation` 0 is one that never began.
 */
import { noTokens, type Order, type SessionRecord } from '@elida/contracts';
import {
  ADMISSION,
  CLOCK_INPUTS,
  type ClockInput,
  ENDS_AFTER_GRACE,
  ENDS_BY_CLOCK,
  nextState,
  STANDING_ORDERS,
} from './states.ts';
import { END_GRACE_MS, type EnterRequest } from './store.ts';

/** The record and what only the store needs to know. */
export interface Incarnation {
  readonly record: SessionRecord;
  idleMs: number;
  lifeMs: number;
  /** When the last order, or an expired hold, changed the state: no end can lie before it. */
  decidedAt: number;
  /** The same order twice is applied once. */
  lastOrder: string;
}

export interface Deadline {
  readonly input: ClockInput | 'grace';
  readonly at: number;
}

/** What the clock does next, and when; null where time changes nothing. */
export function nextDeadline(session: Incarnation): Deadline | null {
  const { state, startedAt, lastAt, endedAt, untilAt } = session.record;
  if (endedAt > 0) return null;
  if (ENDS_AFTER_GRACE[state]) {
    return startedAt > 0 ? { input: 'grace', at: session.decidedAt + END_GRACE_MS } : null;
  }
  const times: Readonly<Record<ClockInput, number>> = {
    hold_expired: untilAt,
    kill_expired: untilAt,
    life: startedAt > 0 && session.lifeMs > 0 ? startedAt + session.lifeMs : 0,
    idle: startedAt > 0 && session.idleMs > 0 ? lastAt + session.idleMs : 0,
  };
  let first: Deadline | null = null;
  for (const input of CLOCK_INPUTS) {
    if (times[input] === 0 || !nextState(state, input)) continue;
    const at = Math.max(times[input], session.decidedAt);
    if (!first || at < first.at) first = { input, at };
  }
  return first;
}

/**
 * Lets time pass. An end carries the time at which it was due, however late somebody looked.
 * @param killWindowMs how long the kill lasts that an expired hold becomes.
 */
export function passTime(session: Incarnation, now: number, killWindowMs: number): void {
  const { record } = session;
  for (let due = nextDeadline(session); due && due.at <= now; due = nextDeadline(session)) {
    if (due.input === 'grace') {
      record.endedAt = session.decidedAt;
      record.endReason = ENDS_AFTER_GRACE[record.state] ?? '';
      return;
    }
    record.state = nextState(record.state, due.input) ?? record.state;
    record.epoch++;
    const reason = ENDS_BY_CLOCK[due.input];
    if (reason) {
      record.endedAt = due.at;
      record.endReason = reason;
    } else {
      record.untilAt = due.at + killWindowMs;
      session.decidedAt = due.at;
    }
  }
}

/** A record that an order made and whose window is over: nothing is left to keep. */
export const isSpent = (session: Incarnation): boolean =>
  session.record.startedAt === 0 && (session.record.state === 'active' || session.record.endedAt > 0);

export type Admission = 'allow' | 'hold' | 'refuse' | 'begin';

/** After `passTime`. */
export function admission({ record }: Incarnation): Admission {
  if (record.state === 'killed' && record.endedAt > 0) return 'begin';
  return ADMISSION[record.state];
}

/** The next incarnation. @param before incarnation and epoch so far (0, 0 where the session is new). */
export function begin(request: EnterRequest, before: { incarnation: number; epoch: number }, now: number): Incarnation {
  const { sid, tenant, principal, agent, workflow, parent, hintKind, displayName } = request;
  const { policy, backend, clientAddr, edge, tags } = request;
  return {
    record: {
      ...blank(sid, tenant),
      ...{ principal, agent, workflow, parent, hintKind, displayName, policy, backend, clientAddr, edge },
      tags: { ...tags },
      incarnation: before.incarnation + 1,
      epoch: before.epoch + 1,
      startedAt: now,
      lastAt: now,
    },
    idleMs: request.idleMs,
    lifeMs: request.lifeMs,
    decidedAt: 0,
    lastOrder: '',
  };
}

/** A session that an order names before its first request. */
export const unstarted = (
  sid: string,
  tenant: string,
  before: { incarnation: number; epoch: number },
): Incarnation => ({
  record: { ...blank(sid, tenant), ...before },
  idleMs: 0,
  lifeMs: 0,
  decidedAt: 0,
  lastOrder: '',
});

/** A record with nothing in it: what every adapter starts from. */
export const blank = (sid: string, tenant: string): SessionRecord => ({
  sid,
  incarnation: 0,
  tenant,
  principal: '',
  agent: '',
  workflow: '',
  parent: '',
  tags: {},
  hintKind: '',
  displayName: '',
  state: 'active',
  epoch: 0,
  policy: '',
  backend: '',
  backendsUsed: {},
  tokens: noTokens(),
  models: [],
  toolCounts: {},
  toolCalls: 0,
  violations: 0,
  captures: 0,
  risk: { score: 0, at: 0 },
  halfLifeMs: 0,
  clientAddr: '',
  edge: '',
  requests: 0,
  bytesIn: 0,
  bytesOut: 0,
  startedAt: 0,
  lastAt: 0,
  endedAt: 0,
  endReason: '',
  untilAt: 0,
  reason: '',
  actor: '',
});

/**
 * After `passTime`. @returns false where the state table has no row for it, or `expectedEpoch` is not the session's.
 * The same order again changes nothing and still says true: a retry after a timeout learns that it holds.
 */
export function applyOrder(session: Incarnation, order: Order, now: number, expectedEpoch?: number): boolean {
  const { record } = session;
  if (order.id !== '' && session.lastOrder === order.id) return true;
  if (expectedEpoch !== undefined && expectedEpoch !== record.epoch) return false;
  if (order.kind === 'block' || order.kind === 'unblock' || order.kind === 'count') return false;
  // An ended incarnation is immutable; its session id can still be closed for good.
  if (record.endedAt > 0 && order.kind !== 'terminate') return false;
  const next = nextState(record.state, order.kind);
  if (!next) return false;
  record.state = next;
  record.epoch++;
  session.lastOrder = order.id;
  session.decidedAt = now;
  const stands = STANDING_ORDERS.includes(order.kind);
  record.untilAt = stands && order.kind !== 'terminate' ? order.untilAt : 0;
  record.reason = order.kind === 'resume' ? '' : order.reason;
  record.actor = order.kind === 'resume' ? '' : order.actor;
  if (order.kind === 'resume' && record.startedAt > 0) record.lastAt = now;
  return true;
}
