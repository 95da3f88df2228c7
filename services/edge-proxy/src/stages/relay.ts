/**
 * Sends a request to its provider and relays the reply: bytes as they come, with back-pressure, a timeout per phase, and
 * both legs ended whatever happens to either. One object per exchange is handler, listener and watched clock at once.
 */
import { type FaultCode, LIMITS } from '@elida/contracts';
import { replyId, type StreamFollower } from '@elida/dialects';
import { Fault, isFault } from '@elida/kernel';
import type { Dispatcher } from 'undici';
import { type Caller, type CallerEvents, CallerGone, type Payload } from '../caller.ts';
import type { Watched } from '../deadlines.ts';
import type { Edge } from '../edge.ts';
import type { Cuttable, RunningExchange } from '../running-exchange.ts';
import type { Backend, Waiting } from '../tables/backend.ts';
import { EventFramer, lineEnd, sseEventEnd } from './event-framer.ts';
import { endStream, outcomeOf } from './refuse.ts';
import { replyHeaders } from './reply-headers.ts';

/** `socket`: no connection yet · `headers`: sent, no answer yet · `body`: the reply runs · `caller`: the caller is slower. */
type Phase = 'socket' | 'headers' | 'body' | 'caller' | 'over';

const TIMEOUT: Readonly<Record<Phase, FaultCode>> = {
  socket: 'upstream_connect_timeout',
  headers: 'upstream_headers_timeout',
  body: 'upstream_idle_timeout',
  caller: 'upstream_idle_timeout',
  over: 'upstream_idle_timeout',
};

/** After a native end: a caller that does not even read that is dropped. */
const LAST_WORDS_MS = 5_000;
const ABORTED = new Error('aborted');
const SOON = Promise.resolve();

type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface Forwarding {
  readonly backend: Backend;
  readonly path: string;
  readonly headers: string[];
  readonly body: Payload;
  /** Whether a later request may go on from this reply without any other hint: then its id is kept. */
  readonly keepReplyId: boolean;
  readonly overheadHeader: boolean;
}

export class Relay implements CallerEvents, Cuttable, Watched, Waiting, Dispatcher.DispatchHandler {
  slot = -1;
  deadline = Number.POSITIVE_INFINITY;
  readonly #edge: Edge;
  readonly #exchange: RunningExchange;
  readonly #caller: Caller;
  readonly #forwarding: Forwarding;
  readonly #totalAt: number;
  #phase: Phase = 'socket';
  #holdsSocket = false;
  #controller: Dispatcher.DispatchController | null = null;
  #framer: EventFramer | null = null;
  #follower: StreamFollower | null = null;
  #resolve: () => void = () => {};
  #reject: (fault: Error) => void = () => {};

  constructor(edge: Edge, exchange: RunningExchange, caller: Caller, forwarding: Forwarding) {
    this.#edge = edge;
    this.#exchange = exchange;
    this.#caller = caller;
    this.#forwarding = forwarding;
    this.#totalAt = edge.deadlines.after(forwarding.backend.timeouts.totalMs);
  }

  /** Resolves when the reply has been handed over or dropped. @throws Fault, CallerGone: no byte of a reply was sent. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#caller.closed) return this.#end(new CallerGone());
      if (this.#exchange.cutBy !== null) return this.#end(this.#exchange.cutBy);
      const { backend } = this.#forwarding;
      this.#exchange.cuttable = this;
      this.#caller.listen(this);
      this.#edge.deadlines.watch(this);
      this.#arm('socket', backend.timeouts.connectMs);
      if (backend.pool.take(this)) this.onSocket();
    });
  }

  onSocket(): void {
    const { backend, path, headers, body } = this.#forwarding;
    this.#holdsSocket = true;
    this.#exchange.forwardedAt = this.#edge.clock.monotonic();
    backend.pool.dispatch({ method: this.#exchange.method, path, headers, body }, this);
  }

  // The provider's side

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') {
      controller.abort(ABORTED);
      return;
    }
    this.#controller = controller;
    this.#arm('headers', this.#forwarding.backend.timeouts.headersMs);
  }

  /** Part of an uploading body has gone out: the answer is not due yet. */
  onBodySent(): void {
    if (this.#phase === 'headers') this.#arm('headers', this.#forwarding.backend.timeouts.headersMs);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ReplyHeaders, reason = ''): void {
    // Informational: not the answer yet.
    if (status < 200 || this.#phase === 'over') return;
    this.#arm('body', this.#forwarding.backend.timeouts.idleMs);
    const type = String(headers['content-type'] ?? '').toLowerCase();
    const isBytes = headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity';
    this.#follower = isBytes || this.#exchange.method === 'HEAD' ? null : this.#exchange.dialect.followStream(type);
    if (this.#follower !== null) {
      this.#framer = new EventFramer(
        type.startsWith('text/event-stream') ? sseEventEnd : lineEnd,
        LIMITS.sseTailBytesMax.value,
      );
      this.#edge.metrics.streams.add({}, 1);
    }
    if (this.#caller.begun) this.#checkCommitted(status);
    else this.#sendHead(controller, status, reason, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'over') return;
    this.#arm('body', this.#forwarding.backend.timeouts.idleMs);
    if (this.#exchange.firstByteAt === 0) this.#firstByte(chunk);
    const bytes = this.#framer === null ? chunk : this.#framer.push(chunk);
    if (bytes.length > 0 && !this.#send(bytes)) {
      controller.pause();
      // It is the caller who is slow now; one that has stopped reading is let go after the same time.
      this.#arm('caller', this.#forwarding.backend.timeouts.idleMs);
    }
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') return;
    const rest = this.#framer?.flush();
    if (rest !== undefined && rest.length > 0) this.#send(rest);
    const trailers = controller.rawTrailers as Buffer[] | null;
    this.#over();
    this.#caller.end(
      trailers === null || trailers.length === 0 ? undefined : trailers.map((part) => part.toString('latin1')),
    );
    this.deadline = this.#edge.deadlines.after(this.#forwarding.backend.timeouts.idleMs);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === 'over') return;
    if (error instanceof CallerGone) this.#caller.cut();
    else this.#fail(faultOf(error, this.#phase));
  }

  // The caller's side

  onDrain(): void {
    if (this.#phase !== 'caller') return;
    this.#arm('body', this.#forwarding.backend.timeouts.idleMs);
    this.#controller?.resume();
  }

  onClosed(complete: boolean): void {
    if (!complete && this.#exchange.outcome === 'completed') this.#exchange.end('caller_gone', '');
    this.#abort();
    this.#end(null);
  }

  // The clock's side

  onCut(fault: Fault): void {
    this.#fail(fault);
  }

  onDeadline(): void {
    if (this.#phase === 'over' || this.#phase === 'caller') {
      this.#caller.cut();
      return;
    }
    const isTotal = this.#edge.deadlines.now >= this.#totalAt;
    this.#fail(new Fault(isTotal ? 'upstream_total_timeout' : TIMEOUT[this.#phase]));
  }

  // Ends

  /** Ends both legs: natively where the wire allows it, by dropping the connection where it does not. */
  #fail(fault: Fault): void {
    if (this.#phase === 'over') return;
    const begun = this.#caller.begun;
    if (begun) this.#exchange.end(outcomeOf(fault.code, this.#exchange), fault.code);
    if (begun && this.#follower !== null && this.#framer?.clean === true) {
      endStream(this.#exchange, this.#caller, this.#follower, fault);
      this.deadline = this.#edge.deadlines.after(LAST_WORDS_MS);
      this.#abort();
      return;
    }
    this.#abort();
    // A hold has sent a head, but nothing of the provider's: still for `refuse` to end.
    const isOpen = !begun || (this.#exchange.committed && this.#follower === null);
    if (isOpen) this.#end(fault);
    else this.#caller.cut();
  }

  #checkCommitted(status: number): void {
    if (status >= 400 || this.#follower === null) {
      this.#fail(new Fault('upstream_failed', `The provider answered with status ${status}`));
    }
  }

  #abort(): void {
    const controller = this.#controller;
    this.#over();
    controller?.abort(ABORTED);
  }

  /** The provider's leg is done with, one way or the other. */
  #over(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#controller = null;
    if (this.#follower !== null) this.#edge.metrics.streams.add({}, -1);
    if (this.#holdsSocket) this.#forwarding.backend.pool.give();
    else this.#forwarding.backend.pool.leave(this);
  }

  #end(error: Error | null): void {
    this.#edge.deadlines.forget(this);
    this.#exchange.cuttable = null;
    if (error === null) this.#resolve();
    else this.#reject(error);
  }

  // Pieces

  #arm(phase: Phase, ms: number): void {
    this.#phase = phase;
    this.deadline = Math.min(this.#edge.deadlines.after(ms), this.#totalAt);
  }

  #sendHead(controller: Dispatcher.DispatchController, status: number, reason: string, headers: ReplyHeaders): void {
    this.#exchange.status = status;
    const raw = controller.rawHeaders as Buffer[];
    const connection = String(headers.connection ?? '');
    const isOpenEnded = headers['content-length'] === undefined;
    this.#caller.head(status, reason, this.#headers(raw, status, connection));
    // Where a byte of the body came with it, they leave together; a reply of known length has its body close behind.
    // (`queueMicrotask` would tie each request to the one before: 4 KB of garbage a request that outlives two collections.)
    if (isOpenEnded) void SOON.then(this.#flushHead);
  }

  #send(bytes: Buffer): boolean {
    this.#exchange.bytesOut += bytes.length;
    const hasRoom = this.#caller.write(bytes);
    this.#follower?.released(bytes);
    return hasRoom;
  }

  #firstByte(chunk: Buffer): void {
    this.#exchange.firstByteAt = this.#edge.clock.monotonic();
    if (this.#forwarding.keepReplyId) {
      this.#edge.ledger.rememberReply(this.#exchange, replyId(chunk.toString('latin1', 0, 4_096)));
    }
  }

  #headers(raw: readonly Buffer[], status: number, connection: string): string[] {
    const headers = replyHeaders(raw, status, connection, this.#exchange);
    if (this.#forwarding.overheadHeader) {
      const { startedAt, waitedMs, forwardedAt } = this.#exchange;
      headers.push('x-elida-overhead', (forwardedAt - startedAt - waitedMs).toFixed(3));
    }
    return headers;
  }

  readonly #flushHead = (): void => {
    if (this.#phase !== 'over' && this.#exchange.firstByteAt === 0) this.#caller.flushHead();
  };
}

const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
]);

function faultOf(error: Error & { code?: string }, phase: Phase): Fault {
  if (isFault(error)) return error;
  const code = error.code ?? '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (phase === 'socket' && code === 'ETIMEDOUT')) {
    return new Fault('upstream_connect_timeout', undefined, { cause: error });
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new Fault('bad_request', 'The request cannot be forwarded', { cause: error });
  }
  const isConnect = phase === 'socket' || CONNECT_CODES.has(code);
  return new Fault(isConnect ? 'upstream_connect_failed' : 'upstream_failed', undefined, { cause: error });
}
