/**
 * A held session's new request waits. Silently at first: a byte too early would commit a 200. After `holdWaitMs` a request
 * that wants an event stream gets one, with comments to keep it open; any other is sent away with a date to come back.
 */
import { KEEP_ALIVE } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { Caller } from '../caller.ts';
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Tables } from '../tables/tables.ts';
import { type Entry, enter } from './enter.ts';
import { ownHeaders } from './own-headers.ts';

const COMMENT_EVERY_MS = 10_000;
const RETRY_AFTER_S = 5;

/** Returns when the session is no longer held. @throws Fault session_held, session_killed, or what the session has become. */
export async function waitWhileHeld(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  first: Entry,
): Promise<void> {
  if (!first.held) return;
  const { reason } = first;
  const { holdWaitMs, holdMs, holdMax } = tables.settings;
  const seat = edge.holds.enter(holdMax);
  if (seat === null) throw new Fault('session_held', reason, { retryAfterS: RETRY_AFTER_S });
  exchange.cuttable = seat;
  caller.listen({ onClosed: () => seat.wake(), onDrain: () => {} });
  const started = edge.deadlines.now;
  let entry: Entry = { ...first };
  let commentAt = started + holdWaitMs;
  try {
    while (entry.held) {
      await seat.wait(commentAt - edge.deadlines.now);
      exchange.checkNotCut();
      if (caller.closed) return;
      const { now } = edge.deadlines;
      if (now - started >= holdMs) throw new Fault('session_killed', `${reason}; nobody resumed it in time`);
      if (now >= commentAt) {
        if (!exchange.streams) throw new Fault('session_held', reason, { retryAfterS: RETRY_AFTER_S });
        comment(exchange, caller);
        commentAt = now + COMMENT_EVERY_MS;
      }
      entry = await enter(edge, tables, exchange, true);
    }
  } finally {
    exchange.waitedMs += edge.clock.monotonic() - started;
    exchange.cuttable = null;
    seat.leave();
  }
}

function comment(exchange: RunningExchange, caller: Caller): void {
  if (!caller.begun) {
    exchange.status = 200;
    exchange.committed = true;
    caller.head(200, 'OK', [
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache',
      ...ownHeaders(exchange),
    ]);
  }
  caller.write(Buffer.from(KEEP_ALIVE));
}
