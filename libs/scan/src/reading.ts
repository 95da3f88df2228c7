/**
 * One text on its way through the automaton. The automaton reads the folded view only: a literal of the raw view is made of
 * characters that fold one to one, so that the folded text holds it wherever the text does; it is looked up and verified in the
 * text itself. As long as both views read the same they are one. No more is kept than the longest match and a block.
 */
import { eightHits, Hits } from './automaton.ts';
import { UnitSet, WORD } from './char-set.ts';
import { type Group, type Probe, type Searched, type Tables, VIEWS, type ViewName } from './compile.ts';
import type { Passage } from './finder.ts';
import { KeptText } from './kept-text.ts';
import { BLOCK_UNITS, STEPS_AT_ONCE } from './limits.ts';
import { Verification } from './verify.ts';

export interface Finding {
  readonly rule: string;
  /** Index of the pattern in its rule. */
  readonly pattern: number;
  /** UTF-16 offsets in the original text. */
  readonly start: number;
  readonly end: number;
}

type Passages = Readonly<Record<ViewName, Passage>>;

const WORD_UNITS = new UnitSet(WORD);

/** One at a time is in use: a scan never waits for anything. */
const columns = new Uint8Array(BLOCK_UNITS);
const hits = eightHits();
const NO_HITS = new Hits();

export class Reading {
  readonly #tables: Tables;
  readonly #foldedReader = VIEWS.folded.open();
  readonly #rawReader = VIEWS.raw.open();
  readonly #folded = new KeptText();
  /** The same object until they differ. */
  #raw = this.#folded;
  /** By number of the pattern. */
  readonly #verifications: (Verification | undefined)[] = [];
  /** Those with candidates or something under way. */
  readonly #busy = new Set<Searched>();
  #end = 0;
  #state = 0;
  #stepsAtOnce = Number.POSITIVE_INFINITY;
  /** Where the longest literal that is not complete may have begun. */
  #begun = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @returns what is certain now. */
  push(piece: string, ended: boolean): Finding[] {
    const findings: Finding[] = [];
    this.#stepsAtOnce = Number.POSITIVE_INFINITY;
    if (piece.length <= BLOCK_UNITS) this.#steps(piece, ended, findings).next();
    else {
      for (let at = 0; at < piece.length; at += BLOCK_UNITS) {
        const next = at + BLOCK_UNITS;
        this.#steps(piece.slice(at, next), ended && next >= piece.length, findings).next();
      }
    }
    return findings;
  }

  /** The same, with a break wherever it has taken STEPS_AT_ONCE: others may scan in between. */
  *pushing(piece: string, ended: boolean, findings: Finding[]): Generator<void> {
    this.#stepsAtOnce = STEPS_AT_ONCE;
    for (let at = 0; at < piece.length; at += BLOCK_UNITS) {
      const next = at + BLOCK_UNITS;
      yield* this.#steps(piece.slice(at, next), ended && next >= piece.length, findings);
    }
  }

  /** No more than BLOCK_UNITS. */
  *#steps(piece: string, ended: boolean, findings: Finding[]): Generator<void> {
    const { budget } = this.#tables;
    this.#read(piece, ended);
    const total = this.#folded.end;
    let until = budget.steps + this.#stepsAtOnce;
    do {
      const from = this.#end;
      const to = Math.min(total, from + BLOCK_UNITS);
      this.#end = to;
      const passages = this.#passages(to, ended && to === total);
      this.#scan(passages, from);
      let found: readonly Hits[] = hits;
      for (let n = 0; n < found.length; n++) {
        let one = found[n] ?? NO_HITS;
        for (let i = 0; i < one.length; i += 2) {
          this.#hit(one.list[i] ?? 0, one.list[i + 1] ?? 0, passages);
          if (budget.steps < until) continue;
          if (found === hits) {
            found = hits.map((eighth) => eighth.copy());
            one = found[n] ?? NO_HITS;
          }
          yield;
          until = budget.steps + this.#stepsAtOnce;
        }
      }
      this.#begun = this.#folded.symbolsBack(to, this.#tables.automaton.depth(this.#state));
      for (const searched of this.#busy) {
        this.#settle(searched, passages[searched.view], findings);
        if (budget.steps < until) continue;
        yield;
        until = budget.steps + this.#stepsAtOnce;
      }
    } while (this.#end < total);
    this.#foldedReader.forget(this.#folded.base);
    if (!ended) return;
    this.#folded.release();
    this.#raw.release();
  }

  /** Offset in the text of the first code unit that a rule with `hold` may still be about; Infinity: none that was read. */
  get held(): number {
    const { waits, automaton } = this.#tables;
    let held = this.#foldedReader.startOf(this.#end);
    const waitFor = (view: ViewName, at: number): void => {
      held = Math.min(held, this.#inText(view, at));
    };
    for (const { hold, view, number } of this.#busy) {
      if (hold) waitFor(view, this.#verifications[number]?.held ?? Number.POSITIVE_INFINITY);
    }
    for (const { view, prefix, length } of waits) {
      const kept = this.#kept(view);
      waitFor(view, kept.unitsBack(prefix, kept.end, length));
    }
    for (const [depth, probes] of automaton.begun(this.#state)) {
      const literalAt = this.#folded.symbolsBack(this.#end, depth);
      for (const probe of probes) {
        const { view } = probe.searched;
        waitFor(view, this.#begunAt(probe, this.#inView(view, literalAt)));
      }
    }
    return held;
  }

  /** Takes in what is new and drops what nothing can ask for any more. */
  #read(piece: string, ended: boolean): void {
    const folded = this.#foldedReader.push(piece, ended);
    const raw = this.#tables.views.includes('raw') ? this.#rawReader.push(piece, ended) : folded;
    this.#drop('folded');
    if (this.#raw !== this.#folded) this.#drop('raw');
    else if (raw !== folded) this.#raw = this.#folded.copy();
    this.#folded.add(folded);
    if (this.#raw !== this.#folded) this.#raw.add(raw);
  }

  #drop(view: ViewName): void {
    let needed = this.#inView(view, this.#begun) - this.#tables.beforeMax;
    for (const one of this.#busy) {
      if (one.view !== view && this.#raw !== this.#folded) continue;
      needed = Math.min(needed, this.#verifications[one.number]?.held ?? needed);
    }
    // One more: what stands before a match decides about boundaries.
    this.#kept(view).drop(needed - 1);
  }

  #kept(view: ViewName): KeptText {
    return view === 'raw' ? this.#raw : this.#folded;
  }

  /** A place of the folded view, in another. */
  #inView(view: ViewName, at: number): number {
    return view === 'folded' || this.#raw === this.#folded ? at : this.#foldedReader.startOf(at);
  }

  #inText(view: ViewName, at: number): number {
    return view === 'folded' ? this.#foldedReader.startOf(at) : at;
  }

  #passages(end: number, ended: boolean): Passages {
    const { units, base } = this.#folded;
    const folded = { units, base, end, ended };
    if (this.#raw === this.#folded) return { folded, raw: folded };
    const rawEnd = end === this.#folded.end ? this.#raw.end : this.#foldedReader.startOf(end);
    return { folded, raw: { units: this.#raw.units, base: this.#raw.base, end: rawEnd, ended } };
  }

  /** Where a match may begin whose literal has begun at `literalAt`; the end of the text where it must not be waited for. */
  #begunAt({ searched, beforeMax }: Probe, literalAt: number): number {
    const kept = this.#kept(searched.view);
    if (beforeMax > 0) return kept.unitsBack(searched.prefix(), literalAt, beforeMax);
    const inWord = literalAt > kept.base && WORD_UNITS.has(kept.unit(literalAt - 1));
    return searched.atWord && inWord && WORD_UNITS.has(kept.unit(literalAt)) ? kept.end : literalAt;
  }

  #scan(passages: Passages, from: number): void {
    const { automaton } = this.#tables;
    const { units, base, end } = passages.folded;
    const length = end - from;
    automaton.encode(units, from - base, length, columns);
    for (const one of hits) one.length = 0;
    this.#state = automaton.scan(columns, length, from, this.#state, hits);
  }

  /** Literals that end at a place. */
  #hit(end: number, state: number, passages: Passages): void {
    for (const group of this.#tables.groups(state)) this.#candidates(group, end, passages);
  }

  #candidates({ view, probes, right }: Group, foldedEnd: number, passages: Passages): void {
    const passage = passages[view];
    const isOther = view === 'raw' && this.#raw !== this.#folded;
    const end = isOther ? this.#foldedReader.endOf(foldedEnd) : foldedEnd;
    // What ends within a character that became several is no literal of the raw view.
    if (end > passage.end) return;
    const allowed = right.allowed(passage, end);
    if (allowed === 0) return;
    for (let i = 0; i < probes.length; i++) {
      const probe = probes[i];
      if (probe && (allowed & (1 << i)) !== 0) this.#candidate(probe, end, passage, isOther);
    }
  }

  #candidate(probe: Probe, end: number, passage: Passage, isOther: boolean): void {
    const { searched, length, beforeMin, beforeMax, left } = probe;
    const { view, number } = searched;
    const kept = this.#kept(view);
    const literalAt = probe.hasSpace || isOther ? kept.symbolsBack(end, length) : end - length;
    if (left.allowed(passage, literalAt) === 0) return;
    let verification = this.#verifications[number];
    if (!verification) {
      verification = new Verification(searched.finder);
      this.#verifications[number] = verification;
    }
    const lo =
      beforeMax === 0 ? literalAt : Math.max(verification.reach(kept, searched, literalAt), literalAt - beforeMax);
    if (lo > literalAt - beforeMin) return;
    verification.propose(lo, literalAt - beforeMin);
    this.#busy.add(searched);
  }

  #settle(searched: Searched, passage: Passage, findings: Finding[]): void {
    const { rule, pattern, view, number, beforeMax } = searched;
    const verification = this.#verifications[number];
    if (!verification) return;
    const later = this.#inView(view, this.#begun) - beforeMax;
    for (const { start, end } of verification.settle(passage, later)) {
      const reader = view === 'raw' ? this.#rawReader : this.#foldedReader;
      findings.push({ rule, pattern, start: reader.startOf(start), end: reader.endOf(end) });
    }
    if (verification.idle) this.#busy.delete(searched);
  }
}
