/**
 * Releases a stream in whole events, so that a native end can follow any of them. Bytes come out exactly as they went in;
 * only the moment differs.
 */
import { lastEventEnd } from '@elida/dialects';

const LF = 10;
const NOTHING: Buffer = Buffer.alloc(0);
/** A blank line is at most CR LF CR LF: what an event's end can have in the bytes before a chunk. */
const SEAM_BYTES = 3;

/** @returns the offset behind the last whole event of these bytes, 0 where none ends. */
export type EventEnd = (bytes: Uint8Array) => number;

export const sseEventEnd: EventEnd = lastEventEnd;
export const lineEnd: EventEnd = (bytes) => bytes.lastIndexOf(LF) + 1;

export class EventFramer {
  readonly #eventEnd: EventEnd;
  readonly #tailBytesMax: number;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #seam: Buffer = NOTHING;
  #clean = true;

  /** @param tailBytesMax an event that grows longer is passed on as it comes. */
  constructor(eventEnd: EventEnd, tailBytesMax: number) {
    this.#eventEnd = eventEnd;
    this.#tailBytesMax = tailBytesMax;
  }

  /** True where the last byte released ended an event, or none was released: something may be put behind it. */
  get clean(): boolean {
    return this.#clean;
  }

  /** @returns the bytes that may go out now; empty where no event has ended. */
  push(chunk: Buffer): Buffer {
    let end = this.#eventEnd(chunk);
    if (end === 0 && this.#tailBytes > 0) end = this.#endAcrossSeam(chunk);
    else if (end === 0) end = -1;
    if (end < 0) {
      this.#keep(chunk);
      return this.#tailBytes > this.#tailBytesMax ? this.#release(false) : NOTHING;
    }
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end);
    const out = this.#tailBytes === 0 ? whole : Buffer.concat([...this.#tail, whole]);
    this.#forget(true);
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    return out;
  }

  /** The stream ended by itself: what is left goes out as it is. */
  flush(): Buffer {
    return this.#tailBytes === 0 ? NOTHING : this.#release(false);
  }

  /** @returns the offset in `chunk` of an end that began in the tail (0: the tail was whole after all), or −1. */
  #endAcrossSeam(chunk: Buffer): number {
    const end = this.#eventEnd(Buffer.concat([this.#seam, chunk.subarray(0, SEAM_BYTES + 1)]));
    return end === 0 ? -1 : Math.max(0, end - this.#seam.length);
  }

  // Copies: a view would keep the socket's whole read buffer alive for a few bytes of tail.
  #keep(bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    this.#tail.push(copy);
    this.#tailBytes += copy.length;
    this.#seam =
      copy.length >= SEAM_BYTES ? copy.subarray(-SEAM_BYTES) : Buffer.concat([this.#seam, copy]).subarray(-SEAM_BYTES);
  }

  #release(clean: boolean): Buffer {
    const out = Buffer.concat(this.#tail);
    this.#forget(clean);
    return out;
  }

  #forget(clean: boolean): void {
    this.#tail = [];
    this.#tailBytes = 0;
    this.#seam = NOTHING;
    this.#clean = clean;
  }
}
