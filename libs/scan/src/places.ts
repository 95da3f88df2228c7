/** Where matches may begin: inclusive ranges of positions, taken from the front. */

export class Places {
  /** `[lo, hi, lo, hi, …]`; from `next` on what is left. */
  readonly list: number[] = [];
  next = 0;
  #sorted = true;

  get empty(): boolean {
    return this.next >= this.list.length;
  }

  get first(): number {
    return this.list[this.next] ?? Number.POSITIVE_INFINITY;
  }

  /** Ranges that touch the one before are part of it. */
  add(lo: number, hi: number): void {
    const { list } = this;
    const end = list.length;
    if (end > 0) {
      const lastLo = list[end - 2] ?? 0;
      const lastHi = list[end - 1] ?? 0;
      if (lo >= lastLo && lo <= lastHi + 1) {
        if (hi > lastHi) list[end - 1] = hi;
        return;
      }
      if (lo < lastLo) this.#sorted = false;
    }
    list.push(lo, hi);
  }

  clear(): void {
    if (this.list.length > 0) this.list.length = 0;
    this.next = 0;
    this.#sorted = true;
  }

  sort(): void {
    if (this.#sorted) return;
    const { list } = this;
    const pairs: [number, number][] = [];
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i] ?? 0, list[i + 1] ?? 0]);
    this.clear();
    for (const [lo, hi] of pairs.sort((a, b) => a[0] - b[0])) this.add(lo, hi);
  }

  dropBefore(at: number): void {
    const { list } = this;
    while (this.next < list.length && (list[this.next + 1] ?? 0) < at) this.next += 2;
    if (!this.empty && (list[this.next] ?? 0) < at) list[this.next] = at;
  }

  /** What lies before `at` and is left. */
  before(at: number): Places {
    const part = new Places();
    for (let i = this.next; i < this.list.length && (this.list[i] ?? 0) < at; i += 2) {
      part.add(this.list[i] ?? 0, Math.min(this.list[i + 1] ?? 0, at - 1));
    }
    return part;
  }
}
