/** The two ways a request body is taken from node:http: whole, or piece by piece with back-pressure. Both are bounded. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Fault } from '@elida/kernel';
import { type BodyLimit, CallerGone } from './caller.ts';
import type { Watched } from './deadlines.ts';

export interface ByteCount {
  bytesIn: number;
}

const tooLarge = (limit: BodyLimit): Fault =>
  new Fault('body_too_large', `The body is larger than ${limit.bytesMax} bytes`);

/** Reads the body to its end. What it has read is dropped as soon as it fails. */
export class BodyCollector implements Watched {
  slot = -1;
  deadline: number;
  readonly #request: IncomingMessage;
  readonly #limit: BodyLimit;
  readonly #count: ByteCount;
  #pieces: Buffer[] = [];
  #over = false;
  #resolve: (body: Buffer) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(request: IncomingMessage, limit: BodyLimit, count: ByteCount) {
    this.#request = request;
    this.#limit = limit;
    this.#count = count;
    this.deadline = limit.deadlines.after(limit.readMs);
  }

  read(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#limit.deadlines.watch(this);
      // Left in place when it is over: what is refused is read on and dropped, and the request ends anyway.
      this.#request.on('data', (piece: Buffer) => this.#take(piece)).on('end', () => this.#end());
    });
  }

  onDeadline(): void {
    this.#fail(new Fault('request_timeout'));
  }

  /** The caller's connection is closed. */
  onGone(): void {
    if (!this.#over) this.#fail(new CallerGone());
  }

  #take(piece: Buffer): void {
    if (this.#over) return;
    if (this.#count.bytesIn + piece.length > this.#limit.bytesMax) {
      this.#fail(tooLarge(this.#limit));
    } else if (!this.#limit.budget.take(piece.length)) {
      this.#fail(new Fault('overloaded', 'Too many large bodies at once'));
    } else {
      this.#count.bytesIn += piece.length;
      this.#pieces.push(piece);
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#finish();
    const [only] = this.#pieces;
    this.#resolve(this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#finish();
    for (const piece of this.#pieces.splice(0)) this.#limit.budget.give(piece.length);
    this.#reject(error);
  }

  #finish(): void {
    this.#over = true;
    this.#limit.deadlines.forget(this);
  }
}

/** The body as a stream of its own: what happens to it must not tear down the caller's connection. */
export class BodyStream extends Readable implements Watched {
  slot = -1;
  deadline: number;
  readonly #request: IncomingMessage;
  readonly #limit: BodyLimit;
  readonly #count: ByteCount;

  constructor(request: IncomingMessage, limit: BodyLimit, count: ByteCount) {
    super({ highWaterMark: 65_536 });
    this.#request = request;
    this.#limit = limit;
    this.#count = count;
    this.deadline = limit.deadlines.after(limit.readMs);
    limit.deadlines.watch(this);
    request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    request.pause();
  }

  onDeadline(): void {
    this.destroy(new Fault('request_timeout'));
  }

  override _read(): void {
    // While we do not read, it is not the caller who is late.
    this.deadline = this.#limit.deadlines.after(this.#limit.readMs);
    this.#request.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#limit.deadlines.forget(this);
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    if (!this.#request.complete) this.#request.pause();
    done(error);
  }

  readonly #onData = (piece: Buffer): void => {
    this.#count.bytesIn += piece.length;
    if (this.#count.bytesIn > this.#limit.bytesMax) {
      this.destroy(tooLarge(this.#limit));
    } else if (this.push(piece)) {
      this.deadline = this.#limit.deadlines.after(this.#limit.readMs);
    } else {
      this.deadline = Number.POSITIVE_INFINITY;
      this.#request.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#limit.deadlines.forget(this);
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new CallerGone());
  };
}
