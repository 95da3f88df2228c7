/** What ELIDA says of itself on every reply. */
import type { RunningExchange } from '../running-exchange.ts';

export const ownHeaders = ({ id, whose }: RunningExchange): string[] =>
  whose.sid === '' ? ['x-elida-request-id', id] : ['x-elida-session-id', whose.sid, 'x-elida-request-id', id];
