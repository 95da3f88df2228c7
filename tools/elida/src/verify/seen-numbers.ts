/** Which numbers of each producer were seen: runs, so that what has no gaps needs no memory. */

interface Run {
  from: number;
  /** Excluded. */
  to: number;
}

export class SeenNumbers {
  readonly #producers = new Map<string, Run[]>();

  /** @returns false where it was seen before. */
  add(producer: string, seq: number): boolean {
    const runs = this.#producers.get(producer) ?? [];
    this.#producers.set(producer, runs);
    // The first run that begins behind it.
    let at = runs.length;
    while (at > 0 && (runs[at - 1]?.from ?? 0) > seq) at--;
    const before = runs[at - 1];
    const behind = runs[at];
    if (before && seq < before.to) return false;
    if (before?.to === seq) {
      before.to++;
      if (behind?.from === before.to) {
        before.to = behind.to;
        runs.splice(at, 1);
      }
    } else if (behind?.from === seq + 1) behind.from--;
    else runs.splice(at, 0, { from: seq, to: seq + 1 });
    return true;
  }

  gaps(): { producer: string; from: number; to: number }[] {
    return [...this.#producers].flatMap(([producer, runs]) =>
      runs.slice(1).map((run, at) => ({ producer, from: runs[at]?.to ?? 0, to: run.from })),
    );
  }
}
