/** Which holes have been open for how long, as far as this process has seen. Pure: time is an argument. */
import type { Hole } from '@elida/postgres';

export interface OpenHole extends Hole {
  /** Monotonic ms. */
  readonly since: number;
}

/** What of `now` was open before keeps its age; the rest begins. */
export function ageHoles(before: readonly OpenHole[], now: readonly Hole[], at: number): OpenHole[] {
  return now.flatMap((hole) => {
    const parts: OpenHole[] = [];
    let next = hole.from;
    const known = before.filter(
      ({ producer, from, to }) => producer === hole.producer && to >= hole.from && from <= hole.to,
    );
    for (const old of known.toSorted((a, b) => a.from - b.from)) {
      const [from, to] = [Math.max(old.from, next), Math.min(old.to, hole.to)];
      if (from > to) continue;
      if (from > next) parts.push({ ...hole, from: next, to: from - 1, since: at });
      parts.push({ ...hole, from, to, since: old.since });
      next = to + 1;
    }
    if (next <= hole.to) parts.push({ ...hole, from: next, since: at });
    return parts;
  });
}

/** Neighbours that are old enough, as one. */
export function ripe(holes: readonly OpenHole[], before: number): Hole[] {
  const found: Hole[] = [];
  for (const { producer, from, to, since } of holes) {
    if (since > before) continue;
    const last = found.at(-1);
    if (last && last.producer === producer && last.to + 1 === from) found[found.length - 1] = { ...last, to };
    else found.push({ producer, from, to });
  }
  return found;
}
