/**
 * Sends a request to its provider and relays the reply: bytes as they come, with back-pressure, a timeout per phase, and
 * both legs ended whatever happens to either. One object per exchange is handler, listener and watched clock at once.
 */
import { replyId, type StreamFollower } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { Dispatcher } from 'undici';
import { type Caller, type CallerEvents, CallerGone, type Payload } from '../caller.ts';
import type { Watched } from '../deadlines.ts';
import type { Edge } from '../edge.ts';
import { openReply, ReplyPipe, ReplyReport, type ReplySink, type ReplyStop } from '../reply/index.ts';
import type { Cuttable, RunningExchange } from '../running-exchange.ts';
import type { Backend, Waiting } from '../tables/backend.ts';
import { endStream, outcomeOf } from './refuse.ts';
import { type ReplyHead, replyHead, replyHeaders } from './reply-headers.ts';
import { type Phase, TIMEOUT, upstreamFault } from './upstream-fault.ts';

/** After a native end: a caller that does not even read that is dropped. */
const LAST_WORDS_MS = 5_000;
const ABORTED = new Error('aborted');
const SOON = Promise.resolve();

/** A caller who has heard nothing for so long hears that its reply is under way. */
const QUIET_MS = 10_000;

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

export class Relay implements CallerEvents, Cuttable, Watched, Waiting, ReplySink, Dispatcher.DispatchHandler {
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
  #pipe: ReplyPipe | null = null;
  #head: ReplyHead | null = null;
  #trailers: readonly string[] | undefined;
  #leftAt = 0;
  readonly #report: ReplyReport;
  #follower: StreamFollower | null = null;
  #resolve: () => void = () => {};
  #reject: (fault: Error) => void = () => {};

  constructor(edge: Edge, exchange: RunningExchange, caller: Caller, forwarding: Forwarding) {
    this.#edge = edge;
    this.#exchange = exchange;
    this.#caller = caller;
    this.#forwarding = forwarding;
    this.#report = new ReplyReport(edge, exchange);
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
    const isEmpty = this.#exchange.method === 'HEAD' || status === 204 || status === 304;
    const coding = String(headers['content-encoding'] ?? '').toLowerCase();
    if (!isEmpty) this.#pipe = new ReplyPipe(openReply(this.#exchange, status, type, coding), this, this.#edge);
    if (this.#pipe?.framed === true) {
      this.#follower = this.#exchange.dialect.followStream(type);
      this.#exchange.capture?.isStream();
      this.#edge.metrics.streams.add({}, 1);
    }
    if (this.#caller.begun) {
      this.#checkCommitted(status);
      return;
    }
    this.#head = replyHead(controller.rawHeaders as Buffer[], status, reason, headers, this.#pipe);
    if (this.#pipe?.flow?.waitsForEnd !== true) this.#sendHead(this.#head);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const pipe = this.#pipe;
    if (this.#phase === 'over') return;
    // While a decoder is full of what the caller does not take, more may come in: it is still the caller who is waited for.
    if (this.#phase !== 'caller') this.#arm('body', this.#forwarding.backend.timeouts.idleMs);
    if (this.#exchange.firstByteAt === 0) this.#firstByte(chunk, pipe);
    const hasRoom = pipe === null ? this.onLeaving(chunk) : pipe.push(chunk);
    if (pipe?.flow) this.#report.look(pipe.flow);
    if (!hasRoom) controller.pause();
    else if (this.#edge.deadlines.now - this.#leftAt > QUIET_MS) this.#keepAlive(pipe);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') return;
    const trailers = controller.rawTrailers as Buffer[] | null;
    if (trailers !== null && trailers.length > 0) this.#trailers = trailers.map((part) => part.toString('latin1'));
    if (this.#pipe === null) this.onWhole(null);
    else this.#pipe.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === 'over') return;
    if (error instanceof CallerGone) this.#caller.cut();
    else this.#fail(upstreamFault(error, this.#phase === 'socket'), true);
  }

  // The reply's side

  onLeaving(bytes: Uint8Array): boolean {
    if (this.#phase === 'over') return true;
    this.#exchange.bytesOut += bytes.length;
    this.#leftAt = this.#edge.deadlines.now;
    const hasRoom = this.#caller.write(bytes);
    this.#follower?.released(bytes);
    // It is the caller who is slow now; one that has stopped reading is let go after the same time.
    if (!hasRoom) {
      this.#pipe?.pause();
      this.#arm('caller', this.#forwarding.backend.timeouts.idleMs);
    }
    return hasRoom;
  }

  onWhole(body: readonly Uint8Array[] | null): void {
    if (body !== null && this.#head !== null) this.#sendWhole(this.#head, body);
    this.#over();
    this.#caller.end(this.#trailers);
    this.deadline = this.#edge.deadlines.after(this.#forwarding.backend.timeouts.idleMs);
  }

  onStopped(stop: ReplyStop): void {
    if (this.#phase === 'over') return;
    const { rule, reason, action } = stop;
    this.#exchange.stopped = { rule, reason };
    this.#tell();
    if (action !== 'block') {
      this.#exchange.cut(new Fault(action === 'kill' ? 'session_killed' : 'session_terminated', reason));
      return;
    }
    this.#exchange.end('refused', 'policy_blocked');
    const pipe = this.#pipe;
    // A body that is judged whole leaves as another one.
    if (pipe?.flow?.waitsForEnd === true) return;
    const words = pipe?.clean === true ? (pipe.flow?.lastWords() ?? null) : null;
    if (words === null) this.#caller.cut();
    else {
      this.#exchange.bytesOut += words.length;
      this.#caller.write(words);
      this.#caller.end();
      this.deadline = this.#edge.deadlines.after(LAST_WORDS_MS);
    }
    this.#abort();
  }

  onBroken(fault: Fault): void {
    this.#fail(fault);
  }

  onRoom(): void {
    if (this.#phase === 'body') this.#controller?.resume();
  }

  // The caller's side

  onDrain(): void {
    if (this.#phase !== 'caller') return;
    this.#arm('body', this.#forwarding.backend.timeouts.idleMs);
    this.#pipe?.resume();
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
    this.#fail(new Fault(isTotal ? 'upstream_total_timeout' : TIMEOUT[this.#phase]), true);
  }

  // Ends

  /**
   * Ends both legs: natively where the wire allows it, by dropping the connection where it does not.
   *
   * @param brokeOff it is the provider's failure: what has been judged, and may leave, leaves.
   */
  #fail(fault: Fault, brokeOff = false): void {
    if (this.#phase === 'over') return;
    const begun = this.#caller.begun;
    const pipe = this.#pipe;
    if (brokeOff && begun && pipe !== null && !pipe.breakOff() && pipe.flow?.stop) {
      this.onStopped(pipe.flow.stop);
      return;
    }
    if (begun) this.#exchange.end(outcomeOf(fault.code, this.#exchange), fault.code);
    if (begun && this.#follower !== null && pipe?.clean === true) {
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
    if (this.#pipe?.framed === true) this.#edge.metrics.streams.add({}, -1);
    this.#pipe?.close();
    this.#tell();
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

  #sendHead({ status, reason, raw, connection, isOpenEnded, drops }: ReplyHead, length?: number): void {
    this.#exchange.status = status;
    this.#leftAt = this.#edge.deadlines.now;
    const headers = replyHeaders(raw, status, connection, this.#exchange, drops);
    if (length !== undefined) headers.push('content-length', String(length));
    if (this.#exchange.stopped !== null) headers.push('x-elida-code', 'policy_blocked');
    if (this.#forwarding.overheadHeader) headers.push('x-elida-overhead', this.#overhead());
    this.#caller.head(status, reason, headers);
    // Where a byte of the body came with it, they leave together; a reply of known length has its body close behind.
    // (`queueMicrotask` would tie each request to the one before: 4 KB of garbage a request that outlives two collections.)
    if (isOpenEnded) void SOON.then(this.#flushHead);
  }

  /** Of a reply that was judged whole. */
  #sendWhole(head: ReplyHead, body: readonly Uint8Array[]): void {
    this.#sendHead(
      { ...head, isOpenEnded: false },
      body.reduce((sum, { length }) => sum + length, 0),
    );
    for (const part of body) this.onLeaving(part);
  }

  #firstByte(chunk: Buffer, pipe: ReplyPipe | null): void {
    this.#exchange.firstByteAt = this.#edge.clock.monotonic();
    if (this.#forwarding.keepReplyId && pipe?.decodes !== true) {
      this.#edge.ledger.rememberReply(this.#exchange, replyId(chunk.toString('latin1', 0, 4_096)));
    }
  }

  #keepAlive(pipe: ReplyPipe | null): void {
    const word = pipe?.keepAlive() ?? null;
    if (word !== null) this.onLeaving(word);
  }

  /** What a policy found, and what of the edge's budget it took. Once. */
  #tell(): void {
    const pipe = this.#pipe;
    if (pipe === null) return;
    this.#report.close(pipe.verdict());
    this.#exchange.bufferedBytes += pipe.bufferedBytes;
    pipe.bufferedBytes = 0;
  }

  #overhead(): string {
    const { startedAt, waitedMs, forwardedAt } = this.#exchange;
    return (forwardedAt - startedAt - waitedMs).toFixed(3);
  }

  readonly #flushHead = (): void => {
    if (this.#phase !== 'over' && this.#exchange.firstByteAt === 0) this.#caller.flushHead();
  };
}
