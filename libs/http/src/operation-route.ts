/** An operation of the API and its handler become a route: parse, call, answer. */
import { type Input, OPERATIONS, type Operation, type OperationName, type Reply } from '@elida/contracts/api';
import type { Caller } from './caller.ts';
import { headerOf } from './caller.ts';
import type { Answer, LiveSink, Route, Visit } from './route.ts';
import { parsed } from './zod-errors.ts';

export interface Context {
  readonly caller: Caller;
  readonly requestId: string;
  readonly idempotencyKey: string;
  /** ETags without their quotes; empty: not sent. */
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
  readonly lastEventId: string;
  readonly signal: AbortSignal;
}

/** `etag` without quotes. `unchanged`: what If-None-Match names is still current. */
export type Result<N extends OperationName> =
  | { readonly body: Reply<N>; readonly etag?: string }
  | { readonly unchanged: true; readonly etag: string };

export type Handler<N extends OperationName> = (input: Input<N>, context: Context) => Promise<Result<N>>;
export type LiveHandler = (input: Input<'live'>, context: Context) => (sink: LiveSink) => () => void;

/** What can be refused is refused before it resolves. */
export type LinesHandler = (input: Input<'exportLog'>, context: Context) => Promise<AsyncIterable<string>>;

export type Handlers = { readonly [N in Exclude<OperationName, 'live' | 'exportLog'>]: Handler<N> } & {
  readonly live: LiveHandler;
  readonly exportLog: LinesHandler;
};

/** `"3"`, `W/"3"` → `3`. */
const bare = (etag: string | undefined): string => (etag ?? '').trim().replace(/^W\//, '').replaceAll('"', '');

const contextOf = (visit: Visit): Context => ({
  caller: visit.caller,
  requestId: visit.requestId,
  idempotencyKey: (headerOf(visit, 'idempotency-key') ?? '').slice(0, 256),
  ifMatch: bare(headerOf(visit, 'if-match')),
  ifNoneMatch: bare(headerOf(visit, 'if-none-match')),
  lastEventId: headerOf(visit, 'last-event-id') ?? '',
  signal: visit.signal,
});

function inputOf(operation: Operation, visit: Visit): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  if (operation.params) input.params = parsed(operation.params, visit.params, 'path');
  if (operation.query) input.query = parsed(operation.query, visit.query, 'query');
  if (operation.body) input.body = parsed(operation.body, visit.body ?? {}, 'body');
  return input;
}

const quoted = (etag: string | undefined): Record<string, string> => (etag === undefined ? {} : { etag: `"${etag}"` });

type AnyHandler = (input: unknown, context: Context) => Promise<Result<OperationName>>;

/** @param checkReplies tests: an answer that does not fit its schema is an error. */
export function operationRoute(name: OperationName, handlers: Handlers, checkReplies = false): Route {
  const operation: Operation = OPERATIONS[name];
  const handler = handlers[name] as unknown as AnyHandler;
  const handle = async (visit: Visit): Promise<Answer> => {
    const input = inputOf(operation, visit);
    if (name === 'live') return { stream: handlers.live(input as Input<'live'>, contextOf(visit)) };
    if (name === 'exportLog') {
      const lines = await handlers.exportLog(input as Input<'exportLog'>, contextOf(visit));
      return { lines, headers: { 'content-type': 'application/x-ndjson' } };
    }
    const result = await handler(input, contextOf(visit));
    if ('unchanged' in result) return { status: 304, headers: quoted(result.etag) };
    if (checkReplies) operation.reply.parse(result.body);
    return { status: operation.status, headers: quoted(result.etag), body: result.body };
  };
  return {
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    access: operation.permission,
    handle,
  };
}
