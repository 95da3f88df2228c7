/** The caller's side of an exchange, as the exchange sees it. `HttpCaller` is Node's; tests may bring their own. */
import type { Readable } from 'node:stream';
import type { ByteBudget } from './byte-budget.ts';
import type { Deadlines } from './deadlines.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A request body on its way upstream: whole, streaming, or none. */
export type Payload = Buffer | Readable | null;

export interface BodyLimit {
  readonly bytesMax: number;
  /** Whole body where it is collected; between two pieces where it streams. */
  readonly readMs: number;
  readonly deadlines: Deadlines;
  /** What is collected counts against it, and is given back by whoever took the body. */
  readonly budget: ByteBudget;
}

/** The connection was lost: there is nobody to answer. */
export class CallerGone extends Error {
  constructor() {
    super('the caller went away');
    this.name = 'CallerGone';
  }
}

export interface CallerEvents {
  /** The connection is gone before the reply was whole, or the reply has been handed over. Called once. */
  onClosed(complete: boolean): void;
  /** After `write` returned false: there is room again. */
  onDrain(): void;
}

/** Sees what the caller is sent. */
export interface Tap {
  sent(bytes: Uint8Array): void;
}

export interface Caller {
  readonly method: string;
  /** The request target as it came; never normalised. */
  readonly target: string;
  /** Name, value, name, value … as they came. */
  readonly rawHeaders: readonly string[];
  /** Lower-case names, duplicates joined: for looking things up. */
  readonly headers: Headers;
  readonly httpVersion: string;
  /** Address of the direct peer. */
  readonly peer: string;
  /** Bytes of the body: 0 none, −1 chunked, so unknown. */
  readonly bodyBytes: number;
  /** Bytes of the body that have arrived. */
  readonly bytesIn: number;
  readonly closed: boolean;
  /** True where a WebSocket is asked for. */
  readonly upgrades: boolean;
  tap: Tap | null;

  listen(events: CallerEvents): void;
  /** The body as one buffer. @throws Fault body_too_large, request_timeout; CallerGone. */
  collect(limit: BodyLimit): Promise<Buffer>;
  /** The body as it comes, with back-pressure. Fails as `collect` does. */
  stream(limit: BodyLimit): Readable;

  /** True once a status line has been sent. */
  readonly begun: boolean;
  head(status: number, reason: string, rawHeaders: readonly string[]): void;
  /** Sends the head by itself, where no byte of the body came with it. */
  flushHead(): void;
  /** @returns false where the caller reads more slowly than we write. */
  write(bytes: Uint8Array): boolean;
  end(trailers?: readonly string[]): void;
  /** A whole reply. */
  reply(status: number, rawHeaders: readonly string[], body: string | Buffer): void;
  /** Drops the connection, so that the caller sees that the reply was cut short. */
  cut(): void;
}
