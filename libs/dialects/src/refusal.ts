/** What all wires share when they refuse: the status, and the headers. The table is docs/refusals.md. */
import { FAULTS, type FaultSpec } from '@elida/contracts';
import type { Refusal } from './dialect.ts';

export const specOf = (refusal: Refusal): FaultSpec => FAULTS[refusal.code];

/** A decision that asking again does not change: a kill, a block, a rule. */
export function isFinalPolicy(refusal: Refusal): boolean {
  const { status, blame } = specOf(refusal);
  return blame === 'policy' && status === 403;
}

export function refusalHeaders(refusal: Refusal, contentType = 'application/json'): Record<string, string> {
  const { retry, status } = specOf(refusal);
  const headers: Record<string, string> = {
    'content-type': contentType,
    'x-elida-code': refusal.code,
    'x-elida-request-id': refusal.requestId,
  };
  // Without it Claude Code repeats a 401 for minutes; the SDKs of both houses obey it.
  if (!retry) headers['x-should-retry'] = 'false';
  // The OpenAI SDK ignores values above 60; they are sent as they are, for the clients that read them.
  else if (refusal.retryAfterS !== undefined || status === 429 || status === 503) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(refusal.retryAfterS ?? 1)));
  }
  return headers;
}
