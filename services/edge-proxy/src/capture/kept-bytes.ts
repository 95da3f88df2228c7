/** The beginning of a body, kept while it passes: bounded for itself and by the edge's budget. */
import { StringDecoder } from 'node:string_decoder';
import type { ByteBudget } from '../byte-budget.ts';

export class KeptBytes {
  /** That came. */
  bytes = 0;
  /** That are kept, and count against the budget. */
  kept = 0;
  #parts: Buffer[] = [];
  readonly #bytesMax: number;
  readonly #budget: ByteBudget;

  constructor(bytesMax: number, budget: ByteBudget) {
    this.#bytesMax = bytesMax;
    this.#budget = budget;
  }

  get truncated(): boolean {
    return this.kept < this.bytes;
  }

  add(bytes: Uint8Array): void {
    const isWhole = !this.truncated;
    this.bytes += bytes.length;
    const part = bytes.subarray(0, this.#bytesMax - this.kept);
    if (!isWhole || part.length === 0 || !this.#budget.take(part.length)) return;
    this.kept += part.length;
    // A copy: the bytes lie in a larger piece of a socket's memory.
    this.#parts.push(Buffer.from(part));
  }

  /** Something else is kept in its place. */
  replace(bytes: Uint8Array): void {
    this.release();
    this.bytes = 0;
    this.add(bytes);
  }

  /** Null: it is no UTF-8. A character that was cut at the end is left out. */
  text(): string | null {
    const bytes = Buffer.concat(this.#parts);
    const text = new StringDecoder('utf8').write(bytes);
    return text.includes('�') && !isUtf8Prefix(bytes) ? null : text;
  }

  release(): void {
    this.#budget.give(this.kept);
    this.kept = 0;
    this.#parts = [];
  }
}

/** The text may hold the replacement character itself. */
function isUtf8Prefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
