/** What leaves, in order. Neighbours that pass untouched leave as one piece of the bytes they came in: no copy. */
export class Outbox {
  #parts: Uint8Array[] = [];
  #bytes: Uint8Array | null = null;
  #start = 0;
  #end = 0;

  pass(bytes: Uint8Array, start: number, end: number): void {
    if (this.#bytes === bytes && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#close();
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  put(bytes: Uint8Array): void {
    this.#close();
    this.#parts.push(bytes);
  }

  take(): readonly Uint8Array[] {
    this.#close();
    const parts = this.#parts;
    if (parts.length > 0) this.#parts = [];
    return parts;
  }

  #close(): void {
    const bytes = this.#bytes;
    if (bytes === null) return;
    const isAll = this.#start === 0 && this.#end === bytes.length;
    if (this.#end > this.#start) this.#parts.push(isAll ? bytes : bytes.subarray(this.#start, this.#end));
    this.#bytes = null;
  }
}
