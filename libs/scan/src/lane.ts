/**
 * One view of one text on its way through the automaton: keeps the automaton's state and as much text as may still be needed,
 * and knows which text could still become part of a match. It never keeps more than the longest match and a block.
 */
import { type FourHits, Hits } from './automaton.ts';
import { SPACE, UnitSet, WORD } from './char-set.ts';
import type { Probe, Searched, Tables, ViewName } from './compile.ts';
import type { Passage } from './finder.ts';
import { BLOCK_UNITS } from './limits.ts';
import { type Span, Verification } from './verify.ts';

export interface LaneSpan extends Span {
  readonly searched: Searched;
}

const WORD_UNITS = new UnitSet(WORD);
const SPACE_UNITS = new UnitSet(SPACE);

/** A near miss ends within a few units: no search is set up for it. */
const GLANCE_UNITS = 16;

/** One at a time is in use: a scan never waits for anything. */
const columns = new Uint8Array(BLOCK_UNITS);
const hits: FourHits = [new Hits(), new Hits(), new Hits(), new Hits()];

export class Lane {
  readonly #tables: Tables;
  readonly #views: readonly ViewName[];
  /** By number of the pattern. */
  readonly #verifications: (Verification | undefined)[] = [];
  /** Those with candidates or something under way. */
  #busy = new Set<Searched>();
  #text = '';
  #base = 0;
  #end = 0;
  #state = 0;
  /** Where the longest literal that is not complete may have begun. */
  #begun = 0;

  constructor(tables: Tables, views: readonly ViewName[]) {
    this.#tables = tables;
    this.#views = views;
  }

  /** A lane that stands where this one does, for one of its views. */
  of(view: ViewName): Lane {
    const lane = new Lane(this.#tables, [view]);
    for (const searched of this.#busy) {
      if (searched.view !== view) continue;
      lane.#busy.add(searched);
      lane.#verifications[searched.number] = this.#verifications[searched.number];
    }
    lane.#text = this.#text;
    lane.#base = this.#base;
    lane.#end = this.#end;
    lane.#state = this.#state;
    lane.#begun = this.#begun;
    return lane;
  }

  /** @returns the matches that are certain now, with positions in the view. */
  push(piece: string, ended: boolean): LaneSpan[] {
    this.#keep(piece);
    const spans: LaneSpan[] = [];
    const total = this.#base + this.#text.length;
    do {
      const from = this.#end;
      const to = Math.min(total, from + BLOCK_UNITS);
      this.#end = to;
      const passage = { text: this.#text, base: this.#base, end: to, ended: ended && to === total };
      this.#scan(passage, from);
      this.#begun = this.#symbolsBack(to, this.#tables.automaton.depth(this.#state));
      for (const searched of this.#busy) this.#settle(searched, passage, spans);
    } while (this.#end < total);
    return spans;
  }

  /** Position of the first code unit that may become part of a match of a rule with `hold`; the end if none does. */
  get held(): number {
    let held = this.#end;
    for (const searched of this.#busy) {
      if (searched.hold) held = Math.min(held, this.#verifications[searched.number]?.held ?? held);
    }
    for (const { view, prefix, length } of this.#tables.waits) {
      if (!this.#views.includes(view)) continue;
      let at = this.#end;
      while (at > this.#base && this.#end - at < length && prefix.has(this.#unit(at - 1))) at--;
      held = Math.min(held, at);
    }
    for (const [depth, probes] of this.#tables.automaton.begun(this.#state)) {
      const literalAt = this.#symbolsBack(this.#end, depth);
      for (const probe of probes) held = Math.min(held, this.#begunAt(probe, literalAt));
    }
    return held;
  }

  /** The first position that this lane may still ask its view about. */
  get kept(): number {
    return this.#base;
  }

  #begunAt({ searched, beforeMax }: Probe, literalAt: number): number {
    if (!searched.hold || !this.#views.includes(searched.view)) return this.#end;
    if (beforeMax > 0) return this.#back(searched, literalAt, beforeMax);
    const inWord = literalAt > this.#base && WORD_UNITS.has(this.#unit(literalAt - 1));
    return searched.atWord && inWord && WORD_UNITS.has(this.#unit(literalAt)) ? this.#end : literalAt;
  }

  #unit(at: number): number {
    return this.#text.charCodeAt(at - this.#base);
  }

  /** The place so many symbols before `end`: white space counts once, however long. */
  #symbolsBack(end: number, symbols: number): number {
    let at = end;
    for (let i = 0; i < symbols; i++) {
      at--;
      if (!SPACE_UNITS.has(this.#unit(at))) continue;
      while (at > this.#base && SPACE_UNITS.has(this.#unit(at - 1))) at--;
    }
    return at;
  }

  /** The first place from which only what may stand before the literal leads to it. */
  #back({ prefix }: Searched, literalAt: number, most: number): number {
    const stop = Math.max(this.#base, literalAt - most);
    let at = literalAt;
    while (at > stop && prefix.has(this.#unit(at - 1))) at--;
    return at;
  }

  #scan(passage: Passage, from: number): void {
    const { automaton } = this.#tables;
    const length = passage.end - from;
    automaton.encode(this.#text.slice(from - this.#base, passage.end - this.#base), columns);
    for (const one of hits) one.length = 0;
    const all = this.#views.length === this.#tables.views.length;
    this.#state = automaton.scan(columns, length, from, this.#state, hits);
    for (const one of hits) {
      for (let i = 0; i < one.length; i += 2) {
        const end = one.list[i] ?? 0;
        for (const probe of automaton.owners(one.list[i + 1] ?? 0)) {
          if (all || this.#views.includes(probe.searched.view)) this.#candidate(probe, end, passage);
        }
      }
    }
  }

  #candidate(probe: Probe, end: number, passage: Passage): void {
    const { searched, length, beforeMin, beforeMax } = probe;
    const literalAt = probe.hasSpace ? this.#symbolsBack(end, length) : end - length;
    const hi = literalAt - beforeMin;
    const lo = beforeMax === 0 ? literalAt : this.#back(searched, literalAt, beforeMax);
    if (lo > hi) return;
    let verification = this.#verifications[searched.number];
    if (!verification?.near(lo) && !searched.finder.glance(passage, lo, hi, GLANCE_UNITS)) return;
    verification ??= new Verification(searched.finder);
    this.#verifications[searched.number] = verification;
    verification.propose(lo, hi);
    this.#busy.add(searched);
  }

  #settle(searched: Searched, passage: Passage, spans: LaneSpan[]): void {
    const verification = this.#verifications[searched.number];
    for (const { start, end } of verification?.settle(passage, this.#begun - searched.beforeMax) ?? [])
      spans.push({ searched, start, end });
    if (verification?.idle) this.#busy.delete(searched);
  }

  /** Drops what nothing can ask for any more, now and then, and takes in what is new. */
  #keep(piece: string): void {
    let needed = this.#begun - this.#tables.beforeMax;
    for (const searched of this.#busy) needed = Math.min(needed, this.#verifications[searched.number]?.held ?? needed);
    // One more: what stands before a match decides about boundaries.
    const gone = needed - 1 - this.#base;
    if (gone > this.#text.length / 2) {
      this.#text = this.#text.slice(gone);
      this.#base += gone;
    }
    this.#text += piece;
  }
}
