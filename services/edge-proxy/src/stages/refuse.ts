/** An error becomes the reply that the caller's own client understands. One place for all of them. */
import type { FaultCode } from '@elida/contracts';
import type { Refusal, StreamFollower } from '@elida/dialects';
import { Fault, isFault, type Log } from '@elida/kernel';
import { type Caller, CallerGone } from '../caller.ts';
import type { Outcome, RunningExchange } from '../running-exchange.ts';
import { ownHeaders } from './own-headers.ts';

export const refusalOf = (exchange: RunningExchange, fault: Fault): Refusal => ({
  code: fault.code,
  message: fault.detail,
  requestId: exchange.id,
  retryAfterS: fault.retryAfterS,
});

/** Ends an exchange that has no reply yet, or one that a hold has committed to an event stream. */
export function refuse(log: Log, exchange: RunningExchange, caller: Caller, error: unknown): void {
  if (error instanceof CallerGone || caller.closed) {
    exchange.end('caller_gone', '');
    return;
  }
  const fault = isFault(error) ? error : new Fault('internal', undefined, { cause: error });
  if (fault.code === 'internal') log.error('exchange_failed', { exchange: exchange.id, error });
  exchange.end(outcomeOf(fault.code, exchange), fault.code);
  const refusal = refusalOf(exchange, fault);
  if (!caller.begun) {
    const { dialect } = exchange;
    const native = caller.upgrades ? dialect.webSocketRefusal(refusal) : dialect.nativeError(refusal);
    exchange.status = native.status;
    caller.reply(native.status, [...pairs(native.headers), ...ownHeaders(exchange)], native.body);
    return;
  }
  const follower = exchange.dialect.followStream('text/event-stream');
  if (follower !== null) endStream(exchange, caller, follower, fault);
  else caller.cut();
}

/** The native end of a running stream: one last event, then the end. Only where the last byte out ended an event. */
export function endStream(exchange: RunningExchange, caller: Caller, follower: StreamFollower, fault: Fault): void {
  const end = follower.end(refusalOf(exchange, fault));
  exchange.bytesOut += end.length;
  caller.write(end);
  caller.end();
}

export function outcomeOf(code: FaultCode, exchange: RunningExchange): Outcome {
  if (exchange.cutBy !== null) return 'cut';
  return code.startsWith('upstream_') ? 'failed' : 'refused';
}

/** `ownHeaders` names the request id already. */
function pairs(headers: Readonly<Record<string, string>>): string[] {
  const out: string[] = [];
  for (const [name, value] of Object.entries(headers)) if (name !== 'x-elida-request-id') out.push(name, value);
  return out;
}
