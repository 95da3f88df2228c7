/** The way of one reply through the edge: decoded, framed into whole events, read or judged, handed to whoever sends it. */
import { LIMITS } from '@elida/contracts';
import { KEEP_ALIVE } from '@elida/dialects';
import { type Clock, Fault, isFault } from '@elida/kernel';
import type { ByteBudget } from '../byte-budget.ts';
import { Pace } from '../inspection/pace.ts';
import { EventFramer, lineEnd, sseEventEnd } from '../stages/event-framer.ts';
import { Decoder } from './content-coding.ts';
import type { ReplyWay } from './open-reply.ts';
import type { ReplyFlow } from './reply-flow.ts';
import type { ReplyStop, ReplyVerdict } from './verdict.ts';

export interface ReplySink {
  /** @returns false where the caller is slower than that. */
  onLeaving(bytes: Uint8Array): boolean;
  /** A rule stopped it: nothing more leaves but its end. */
  onStopped(stop: ReplyStop): void;
  /** All of it has been read. @param body of a reply that was judged whole; null: it has left already. */
  onWhole(body: readonly Uint8Array[] | null): void;
  onBroken(fault: Fault): void;
  /** The decoder takes more again. */
  onRoom(): void;
}

export interface PipeParts {
  readonly budget: ByteBudget;
  readonly clock: Pick<Clock, 'monotonic'>;
}

const KEEP_ALIVE_BYTES = Buffer.from(KEEP_ALIVE);

export class ReplyPipe {
  readonly flow: ReplyFlow | null;
  /** Its events are released whole. */
  readonly framed: boolean;
  readonly decodes: boolean;
  readonly #isEvents: boolean;
  readonly #sink: ReplySink;
  readonly #budget: ByteBudget;
  readonly #framer: EventFramer | null;
  readonly #decoder: Decoder | null;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #over = false;
  /** A part of an event has left, and not its end. */
  #torn = false;
  /** Bytes that count against the edge's budget: whoever took the reply gives them back. */
  bufferedBytes = 0;

  constructor({ flow, framing, decode }: ReplyWay, sink: ReplySink, { budget, clock }: PipeParts) {
    this.flow = flow;
    this.framed = framing !== 'none';
    this.decodes = decode !== null;
    this.#isEvents = framing === 'events';
    this.#sink = sink;
    this.#budget = budget;
    this.#clock = clock;
    // What is judged must not pass in part.
    const { judgedReplyBytesMax, sseTailBytesMax } = LIMITS;
    const tailBytesMax = (flow?.changes === true ? judgedReplyBytesMax : sseTailBytesMax).value;
    this.#framer = this.framed ? new EventFramer(this.#isEvents ? sseEventEnd : lineEnd, tailBytesMax) : null;
    this.#decoder =
      decode === null
        ? null
        : new Decoder(decode, {
            onDecoded: (bytes) => this.#guarded(() => void this.#take(bytes)),
            onDecodedEnd: () => this.#guarded(() => this.#finish()),
            onBroken: (error) => this.#broken(new Fault('upstream_failed', undefined, { cause: error })),
            onRoom: () => this.#sink.onRoom(),
          });
  }

  /** The last byte that left ended an event, or none has left: something may be put behind it. */
  get clean(): boolean {
    return this.framed && !this.#torn;
  }

  /** @returns false where no more should come for now. */
  push(chunk: Buffer): boolean {
    if (this.#decoder !== null) return this.#decoder.write(chunk);
    return this.#take(chunk);
  }

  /** The provider has sent all of it. */
  end(): void {
    if (this.#decoder !== null) this.#decoder.end();
    else this.#finish();
  }

  /** The provider broke off: what waits and may leave leaves. @returns false where a rule stops it now. */
  breakOff(): boolean {
    const { flow } = this;
    // Of what is no stream nothing waits, or all of it.
    if (flow === null || !this.clean) return true;
    const parts = flow.end(this.#pace());
    if (flow.stop !== null) return false;
    if (!(parts instanceof Promise)) this.#leave(parts);
    return true;
  }

  /** A word to a caller who waits while a call is judged; nothing where it would be no comment. */
  keepAlive(): Uint8Array | null {
    return this.#isEvents && this.clean && this.flow?.holds === true ? KEEP_ALIVE_BYTES : null;
  }

  pause(): void {
    this.#decoder?.pause();
  }

  resume(): void {
    this.#decoder?.resume();
  }

  /** Nothing more comes out of it. */
  close(): void {
    this.#over = true;
    this.#decoder?.close();
  }

  verdict(): ReplyVerdict | null {
    return this.flow?.verdict() ?? null;
  }

  #take(chunk: Buffer): boolean {
    const bytes = this.#framer === null ? chunk : this.#framer.push(chunk);
    if (bytes.length === 0 || this.#over) return true;
    const { flow } = this;
    if (flow === null) return this.#sink.onLeaving(bytes);
    if (flow.waitsForEnd) this.#count(bytes.length);
    if (this.#framer?.clean === false) {
      flow.unread();
      if (flow.stop === null) {
        this.#torn = true;
        return this.#sink.onLeaving(bytes);
      }
    }
    const parts = flow.stop === null ? flow.push(bytes) : [];
    this.#torn &&= parts.length === 0;
    const hasRoom = this.#leave(parts);
    if (flow.stop !== null) this.#sink.onStopped(flow.stop);
    return hasRoom;
  }

  #finish(): void {
    const rest = this.#framer?.flush();
    if (rest !== undefined && rest.length > 0) this.#last(rest);
    if (this.#over) return;
    const parts = this.flow?.end(this.#pace()) ?? [];
    if (!(parts instanceof Promise)) {
      this.#finished(parts);
      return;
    }
    parts.then(
      (late) => this.#guarded(() => this.#finished(late)),
      (error: unknown) => this.#broken(new Fault('internal', undefined, { cause: error })),
    );
  }

  #finished(parts: readonly Uint8Array[]): void {
    const { flow } = this;
    if (flow?.waitsForEnd !== true) this.#leave(parts);
    if (flow !== null && flow.stop !== null) this.#sink.onStopped(flow.stop);
    if (!this.#over) this.#sink.onWhole(flow?.waitsForEnd === true ? parts : null);
  }

  /** An event without its blank line: some clients read it. */
  #last(rest: Buffer): void {
    const { flow } = this;
    const parts = flow === null ? [rest] : flow.push(rest);
    this.#torn ||= parts.length > 0;
    this.#leave(parts);
    if (flow !== null && flow.stop !== null) this.#sink.onStopped(flow.stop);
  }

  #pace(): Pace {
    return new Pace(() => this.#clock.monotonic());
  }

  #leave(parts: readonly Uint8Array[]): boolean {
    let hasRoom = true;
    for (const part of parts) hasRoom = this.#sink.onLeaving(part);
    return hasRoom;
  }

  #count(bytes: number): void {
    if (!this.#budget.take(bytes)) throw new Fault('overloaded', 'Too many large replies at once');
    this.bufferedBytes += bytes;
  }

  /** The decoder's events are nobody's call: what they throw must find the exchange. */
  #guarded(step: () => void): void {
    if (this.#over) return;
    try {
      step();
    } catch (error) {
      this.#broken(isFault(error) ? error : new Fault('internal', undefined, { cause: error }));
    }
  }

  #broken(fault: Fault): void {
    if (!this.#over) this.#sink.onBroken(fault);
  }
}
