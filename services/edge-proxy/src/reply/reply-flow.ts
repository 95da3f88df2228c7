/** A reply on its way from the provider to the caller: bytes in, what may leave out. No I/O. */
import { type ReplyEvent, type ReplyReader, withoutAskedUsage } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { Pace } from '../inspection/pace.ts';
import { type InspectedInit, InspectedReply } from './inspected-reply.ts';
import { type Metered, meter } from './meter.ts';
import { Outbox } from './outbox.ts';
import type { ReplyStop, ReplyVerdict } from './verdict.ts';

export interface ReplyFlow {
  /** The head waits for the body, which is judged whole and may leave as another. */
  readonly waitsForEnd: boolean;
  /** What leaves may be other bytes, or more or fewer of them, than what came. */
  readonly changes: boolean;
  /** Once set, nothing more is to be pushed. */
  readonly stop: ReplyStop | null;
  /** Grows where something was found; 0 where no policy looks, or not before the end. */
  readonly found: number;
  /** Something waits to be judged. */
  readonly holds: boolean;
  /** @param bytes of a stream: whole events; else as they come. Kept by reference. @throws Fault reply_too_large. */
  push(bytes: Uint8Array): readonly Uint8Array[];
  /** A promise where what came is long: other exchanges are let through meanwhile. */
  end(pace: Pace): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** An event that is too long to be read has come in part. */
  unread(): void;
  /** After a `block`: what ends the reply as its wire does. Null: nothing can. */
  lastWords(): Uint8Array | null;
  /** Null where no policy looks. */
  verdict(): ReplyVerdict | null;
}

/** Bytes of a body that is judged at once: a few ms. */
const AT_ONCE_BYTES_MAX = 262_144;

/** Nobody inspects it. */
abstract class Uninspected {
  readonly waitsForEnd: boolean = false;
  readonly stop: ReplyStop | null = null;
  readonly found: number = 0;
  readonly holds: boolean = false;

  unread(): void {
    // What is not read is not metered.
  }

  lastWords(): Uint8Array | null {
    return null;
  }

  verdict(): ReplyVerdict | null {
    return null;
  }
}

/** Events pass at once; what they tell of usage, calls and the end is read. */
export class MeteredStream extends Uninspected implements ReplyFlow {
  readonly changes: boolean;
  readonly #reader: ReplyReader;
  readonly #into: Metered;
  readonly #outbox = new Outbox();

  /** @param stripUsage what is in it only because the usage was asked for on the client's behalf is left out. */
  constructor(reader: ReplyReader, into: Metered, stripUsage: boolean) {
    super();
    this.#reader = reader;
    this.#into = into;
    this.changes = stripUsage;
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    const events = this.#reader.read(bytes);
    for (const { items } of events) if (items.length > 0) meter(this.#into, items);
    return this.changes ? this.#stripped(bytes, events) : [bytes];
  }

  #stripped(bytes: Uint8Array, events: readonly ReplyEvent[]): readonly Uint8Array[] {
    for (const { start, end, value } of events) {
      const own = bytes.subarray(start, end);
      const left = withoutAskedUsage(own, value);
      if (left === own) this.#outbox.pass(bytes, start, end);
      else if (left.length > 0) this.#outbox.put(left);
    }
    return this.#outbox.take();
  }

  end(): readonly Uint8Array[] {
    meter(this.#into, this.#reader.end());
    return [];
  }
}

export const meterWhole = (reader: ReplyReader, into: Metered, body: Uint8Array): void => {
  for (const { items } of reader.read(body)) meter(into, items);
  meter(into, reader.end());
};

/** @param body null: longer than the bound. */
export type BodyReader = (
  body: Uint8Array | null,
  pace: Pace | null,
) => Promise<ReplyVerdict | null> | ReplyVerdict | null;

/** Bytes pass at once; at the end all of them are read, from a copy by reference that is bounded. */
export class CopiedBody extends Uninspected implements ReplyFlow {
  readonly changes = false;
  readonly #bytesMax: number;
  readonly #read: BodyReader;
  #parts: Uint8Array[] = [];
  #length = 0;
  #verdict: ReplyVerdict | null = null;

  constructor(bytesMax: number, read: BodyReader) {
    super();
    this.#bytesMax = bytesMax;
    this.#read = read;
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.#length += bytes.length;
    if (this.#length <= this.#bytesMax) this.#parts.push(bytes);
    else this.#parts = [];
    return [bytes];
  }

  end(pace: Pace): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    if (this.#length === 0) return [];
    const body = this.#length > this.#bytesMax ? null : whole(this.#parts);
    this.#parts = [];
    const read = this.#read(body, this.#length > AT_ONCE_BYTES_MAX ? pace : null);
    if (read instanceof Promise) return read.then((verdict) => this.#told(verdict));
    return this.#told(read);
  }

  override verdict(): ReplyVerdict | null {
    return this.#verdict;
  }

  #told(verdict: ReplyVerdict | null): readonly Uint8Array[] {
    this.#verdict = verdict;
    return [];
  }
}

const whole = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);

/** Waits for the whole body, judges it as one event, and lets it go as it is, edited, or replaced. */
export class JudgedBody implements ReplyFlow {
  readonly waitsForEnd = true;
  readonly changes = true;
  readonly found = 0;
  readonly #inspected: InspectedReply;
  readonly #init: InspectedInit;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(init: InspectedInit, reader: ReplyReader) {
    this.#init = init;
    this.#inspected = new InspectedReply(init, reader);
  }

  get stop(): ReplyStop | null {
    return this.#inspected.stop;
  }

  get holds(): boolean {
    return this.#length > 0;
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.#length += bytes.length;
    if (this.#length > this.#init.heldBytesMax) throw new Fault('reply_too_large');
    this.#parts.push(bytes);
    return [];
  }

  end(pace: Pace): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const body = whole(this.#parts);
    this.#parts = [];
    if (body.length === 0) return [];
    if (body.length <= AT_ONCE_BYTES_MAX) return this.#leaving(body, this.#inspected.push(body));
    return this.#inspected.pushSlowly(body, pace).then((parts) => this.#leaving(body, parts));
  }

  #leaving(body: Uint8Array, parts: readonly Uint8Array[]): readonly Uint8Array[] {
    const { dialect, requestId, failed } = this.#init;
    const out = [...parts, ...this.#inspected.end()];
    const { stop } = this.#inspected;
    if (stop?.action !== 'block') return out;
    if (failed === true) {
      const error = dialect.nativeError({ code: 'policy_blocked', message: stop.reason, requestId });
      return [Buffer.from(error.body)];
    }
    return [Buffer.from(dialect.blockedReply(parsed(body), stop.reason, requestId))];
  }

  unread(): void {
    this.#inspected.unread();
  }

  lastWords(): null {
    return null;
  }

  verdict(): ReplyVerdict {
    return this.#inspected.verdict();
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
