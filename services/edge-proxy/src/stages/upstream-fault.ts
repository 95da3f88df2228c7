/** What went wrong with a provider, in our words. */
import type { FaultCode } from '@elida/contracts';
import { Fault, isFault } from '@elida/kernel';

/** `socket`: no connection yet · `headers`: sent, no answer yet · `body`: the reply runs · `caller`: the caller is slower. */
export type Phase = 'socket' | 'headers' | 'body' | 'caller' | 'over';

export const TIMEOUT: Readonly<Record<Phase, FaultCode>> = {
  socket: 'upstream_connect_timeout',
  headers: 'upstream_headers_timeout',
  body: 'upstream_idle_timeout',
  caller: 'upstream_idle_timeout',
  over: 'upstream_idle_timeout',
};

const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
]);

/** @param connecting no byte of the request has gone out. */
export function upstreamFault(error: Error & { code?: string }, connecting: boolean): Fault {
  if (isFault(error)) return error;
  const code = error.code ?? '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (connecting && code === 'ETIMEDOUT')) {
    return new Fault('upstream_connect_timeout', undefined, { cause: error });
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new Fault('bad_request', 'The request cannot be forwarded', { cause: error });
  }
  const isConnect = connecting || CONNECT_CODES.has(code);
  return new Fault(isConnect ? 'upstream_connect_failed' : 'upstream_failed', undefined, { cause: error });
}
