/**
 * Counts tokens of a reply only if nobody else has: providers tell their usage last, so what was said is kept by reference
 * until then, and counted where it becomes much or the end has come without a number.
 */
import { TokenEstimate } from '@elida/dialects';

/** Kept at most, UTF-16 units. */
const KEPT_CHARS_MAX = 65_536;

export class LateEstimate {
  readonly #estimate = new TokenEstimate();
  #pieces: string[] = [];
  #chars = 0;
  #isNeeded = true;

  add(text: string): void {
    if (!this.#isNeeded) return;
    this.#pieces.push(text);
    this.#chars += text.length;
    if (this.#chars > KEPT_CHARS_MAX) this.#count();
  }

  /** The provider has told. */
  drop(): void {
    this.#isNeeded = false;
    this.#pieces = [];
  }

  get tokens(): number {
    this.#count();
    return this.#estimate.tokens;
  }

  #count(): void {
    for (const piece of this.#pieces) this.#estimate.add(piece);
    this.#pieces = [];
    this.#chars = 0;
  }
}
