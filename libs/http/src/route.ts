/** What a service gives to the door: plain functions over plain data. No framework type crosses this line. */
import type { Fault } from '@elida/kernel';
import type { Caller } from './caller.ts';

export interface Visit {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborts when the client goes. */
  readonly signal: AbortSignal;
}

/** Where a live stream writes. */
export interface LiveSink {
  /** False: the client reads too slowly and was cut off. */
  send(message: { id: string; event: string; data: string }): boolean;
}

export type Answer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON; a string or a Buffer as it is (with its content-type). */
      readonly body?: unknown;
    }
  /** A body as long as its parts come; the reader's pace is theirs. One that fails breaks the connection off. */
  | { readonly lines: AsyncIterable<string>; readonly headers: Readonly<Record<string, string>> }
  /** Server-sent events: called when the headers are out; what it returns is called at the end. */
  | { readonly stream: (sink: LiveSink) => () => void };

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** fastify style: `/sessions/:id`. */
  readonly url: string;
  /** A permission, `any`, or `public`. */
  readonly access: string;
  readonly handle: (visit: Visit) => Promise<Answer> | Answer;
  /** How this route's errors look; default: problem+json. */
  readonly failure?: (fault: Fault) => unknown;
}
