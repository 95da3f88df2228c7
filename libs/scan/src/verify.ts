/**
 * What one pattern has found in one text so far: searches under way, and matches that are certain but whose bounds may still
 * move. Text stuffed with literals costs no more than one search: candidates that overlap are searched together.
 */
import type { Searched } from './compile.ts';
import type { Finder, Passage, Search } from './finder.ts';
import type { KeptText } from './kept-text.ts';
import { Places } from './places.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Text in which a match is certain: no other match reaches over its bounds. */
interface Cluster {
  lo: number;
  end: number;
  /** Whether it is one match, from `lo` to `end`. */
  single: boolean;
}

const NOTHING: readonly Span[] = [];

export class Verification {
  readonly #finder: Finder;
  #open: Search | null = null;
  #clusters: Cluster[] = [];
  /** Where the last match that was reported ends: the next begins there or later. */
  #from = 0;
  /** The last literal that was led back from, and how far. */
  #reachedFrom = -1;
  #reached = -1;
  /** Candidates of the block that is being scanned. */
  readonly #places = new Places();

  constructor(finder: Finder) {
    this.#finder = finder;
  }

  /**
   * The first place from which only what may stand before a literal leads to the one at `literalAt`. Literals come in order,
   * more or less: no unit is looked at twice.
   */
  reach(kept: KeptText, { prefix, beforeMax }: Pick<Searched, 'prefix' | 'beforeMax'>, literalAt: number): number {
    const from = this.#reachedFrom;
    const isAhead = literalAt >= from && from > kept.base;
    const near = isAhead ? Math.min(beforeMax, literalAt - from) : beforeMax;
    let at = kept.unitsBack(prefix(), literalAt, near);
    if (isAhead && at === from) at = Math.max(this.#reached, literalAt - beforeMax, kept.base);
    this.#reachedFrom = literalAt;
    this.#reached = at;
    return at;
  }

  /** A match may begin in `[lo, hi]`. */
  propose(lo: number, hi: number): void {
    this.#places.add(lo, hi);
  }

  /** Position of the first code unit that is part of a match, or may become one; Infinity: none. */
  get held(): number {
    return Math.min(this.#open?.lo ?? Number.POSITIVE_INFINITY, this.#clusters[0]?.lo ?? Number.POSITIVE_INFINITY);
  }

  get idle(): boolean {
    return this.#open === null && this.#clusters.length === 0;
  }

  /**
   * Searches the proposed places as far as the passage goes, and returns the matches that nothing can change any more.
   * @param later no match that begins before it will be proposed any more
   */
  settle(passage: Passage, later: number): readonly Span[] {
    const places = this.#places;
    places.sort();
    let open = this.#catchUp(passage, places);
    while (open !== null || !places.empty) {
      open ??= this.#finder.begin(passage, places.first);
      if (this.#finder.advance(open, passage, places)) break;
      this.#close(open);
      places.dropBefore(open.at);
      open = null;
    }
    places.clear();
    this.#open = open;
    // Most candidates come to nothing.
    if (this.idle) return NOTHING;
    const spans: Span[] = [];
    if (open !== null || this.#clusters.length > 1) this.#mergeClusters();
    this.#settleClusters(passage, later, spans);
    this.#trim(passage, later, spans);
    return spans;
  }

  /** A search that is under way stands at the end of the last passage; candidates before it are brought there first. */
  #catchUp(passage: Passage, places: Places): Search | null {
    const open = this.#open;
    if (open === null || places.first >= open.at) return open;
    const before = places.before(open.at);
    const past: Passage = { ...passage, end: open.at, ended: false };
    let joined = open;
    while (!before.empty) {
      const side = this.#finder.begin(passage, before.first);
      if (this.#finder.advance(side, past, before)) {
        joined = this.#finder.join(open, side);
        break;
      }
      this.#close(side);
      before.dropBefore(side.at);
    }
    places.dropBefore(open.at);
    return joined;
  }

  #close({ lo, accepted, single }: Search): void {
    if (accepted >= 0) this.#clusters.push({ lo, end: accepted, single });
  }

  /** Clusters that overlap are one; what overlaps the search that is under way is part of it. */
  #mergeClusters(): void {
    const merged: Cluster[] = [];
    for (const cluster of this.#clusters.sort((a, b) => a.lo - b.lo)) {
      const last = merged.at(-1);
      if (last && cluster.lo < last.end) {
        last.end = Math.max(last.end, cluster.end);
        last.single = false;
      } else merged.push(cluster);
    }
    const open = this.#open;
    for (let last = merged.at(-1); open && last && last.end > open.lo; last = merged.at(-1)) {
      open.lo = Math.min(open.lo, last.lo);
      open.accepted = Math.max(open.accepted, last.end);
      open.single = false;
      merged.pop();
    }
    this.#clusters = merged;
  }

  #settleClusters(passage: Passage, later: number, spans: Span[]): void {
    this.#clusters = this.#clusters.filter(({ lo, end, single }) => {
      if (!passage.ended && (end > later || end === passage.end)) return true;
      if (single) this.#report(lo, end, spans);
      else this.#locate(passage, lo, end, end, spans);
      return false;
    });
  }

  /** A search that never comes to rest: what lies further back than a match is long is settled in between. */
  #trim(passage: Passage, later: number, spans: Span[]): void {
    const open = this.#open;
    if (open === null) return;
    const { maxLength } = this.#finder;
    if (open.accepted < 0) {
      const lo = Math.max(open.lo, open.at - maxLength);
      if (lo > open.lo) [open.lo, open.single] = [lo, false];
      return;
    }
    const safe = Math.min(passage.end - maxLength - 1, later);
    if (safe <= open.lo) return;
    this.#locate(passage, open.lo, passage.end - 1, safe, spans);
    open.lo = Math.max(this.#from, safe);
    open.single = false;
    if (open.accepted <= open.lo) open.accepted = -1;
  }

  /** Matches that begin in `[lo, before)` and end by `end`, none over another. */
  #locate(passage: Passage, lo: number, end: number, before: number, spans: Span[]): void {
    for (const start of this.#finder.starts(passage, lo, end)) {
      if (start >= before) break;
      if (start >= this.#from) this.#report(start, this.#finder.longest(passage, start), spans);
    }
  }

  #report(start: number, end: number, spans: Span[]): void {
    if (start < this.#from) return;
    this.#from = end;
    spans.push({ start, end });
  }
}
