/**
 * One text of a reply on its way: what has come, what was found in it, and how much of it may go on. It is judged piece by
 * piece with one scanner's state, so where it was cut does not matter.
 */
import { type Finding, isHarmless, matchesOf, type PatternMatch, type Segment } from '@elida/policy';
import type { HoldBack, Judged } from '@elida/scan';
import { type Edit, editedPiece, mergedEdits } from './replacement.ts';
import { type Judge, PASS, type Ruling } from './verdict.ts';

/** A text that stopped and went on so often is not taken for ended any more: it just waits for its next piece. */
const PAUSES_MAX = 8;

/** Characters that `unicode` rules may be about. */
const HIDDEN = /[\u200b\u202a-\u202e\u2060-\u2069\ufeff\udb40]/;

/** What of a text only its end can tell: rules on characters count over the whole of it. */
interface WholeRules {
  readonly hidden: boolean;
  readonly entropy: boolean;
}

export class JudgedText {
  readonly segment: Omit<Segment, 'text'>;
  readonly #judge: Judge;
  readonly #holds: boolean;
  readonly #whole: WholeRules;
  #scan: HoldBack;
  #matches: PatternMatch[] = [];
  /** Of pieces by themselves. */
  readonly #alone: PatternMatch[] = [];
  #edits: Edit[] = [];
  #text = '';
  #scanned = 0;
  /** From here on the text waits for its end. */
  #veiledFrom = Number.POSITIVE_INFINITY;
  #releasedTo = 0;
  #pauses = 0;
  #paused = false;

  constructor(judge: Judge, segment: Omit<Segment, 'text'>) {
    this.segment = segment;
    this.#judge = judge;
    this.#scan = judge.policy.replyScanner.open();
    this.#holds = judge.policy.evaluator.mustHold(segment);
    this.#whole = this.#holds ? wholeRules(judge) : { hidden: false, entropy: false };
    if (this.#whole.entropy) this.#veiledFrom = 0;
  }

  get length(): number {
    return this.#text.length;
  }

  /** Of the text's code units, how many may go on: no rule that acts can say more about them. */
  get releasable(): number {
    if (!this.#holds || this.#paused) return this.#text.length;
    return Math.min(this.#scanned, this.#veiledFrom);
  }

  get waits(): boolean {
    return this.releasable < this.#text.length;
  }

  get edits(): readonly Edit[] {
    return this.#edits;
  }

  is(text: string): boolean {
    return this.#text === text;
  }

  push(piece: string): Ruling {
    if (this.#whole.hidden && this.#veiledFrom > this.#text.length && HIDDEN.test(piece)) {
      this.#veiledFrom = this.#text.length + piece.search(HIDDEN);
    }
    this.#text += piece;
    if (this.#paused) {
      // It goes on after all: judged again from its beginning.
      this.#paused = false;
      this.#scan = this.#judge.policy.replyScanner.open();
      this.#matches = [];
      return this.#take(this.#scan.push(this.#text));
    }
    return this.#take(this.#scan.push(piece));
  }

  /** The piece that came last, by itself: where one begins anew, what stands before it is no part of it. */
  pushAlone(piece: string): Ruling {
    const start = this.#text.length - piece.length;
    const alone = matchesOf(this.#judge.policy.replyScanner.scan(piece)).map((match) => ({
      pattern: match.pattern,
      start: match.start + start,
      end: match.end + start,
    }));
    if (alone.length === 0) return PASS;
    this.#alone.push(...alone);
    return this.#ruling(this.#judge.findings({ ...this.segment, text: '' }, alone));
  }

  /** Nothing more comes, or nothing before something else does: all that can be said is said now. */
  pause(ends: boolean): Ruling {
    if (this.#paused) return PASS;
    if (!ends && ++this.#pauses > PAUSES_MAX) return PASS;
    this.#paused = true;
    this.#matches.push(...matchesOf(this.#scan.end().findings));
    this.#scanned = this.#text.length;
    return this.#ruling(this.findings());
  }

  /** All that was found so far. */
  findings(): Finding[] {
    const matches = this.#alone.length === 0 ? this.#matches : distinct([...this.#matches, ...this.#alone]);
    return this.#judge.findings({ ...this.segment, text: this.#text }, matches);
  }

  /** The words that a finding is about. */
  slice(start: number, end: number): string {
    return this.#text.slice(start, end);
  }

  /** A piece as it may leave; the same string where nothing in it changes. */
  leaving(start: number, piece: string): string {
    this.#releasedTo = Math.max(this.#releasedTo, start + piece.length);
    return (this.#edits.at(-1)?.end ?? 0) <= start ? piece : editedPiece(this.#edits, start, piece);
  }

  #take({ findings, releasable }: Judged): Ruling {
    this.#scanned = releasable;
    if (findings.length === 0) return PASS;
    const matches = matchesOf(findings);
    this.#matches.push(...matches);
    return this.#ruling(this.#judge.findings({ ...this.segment, text: '' }, matches));
  }

  #ruling(findings: readonly Finding[]): Ruling {
    const ruling = this.#judge.rule(findings);
    const fresh = ruling.edits.filter(
      ({ start, end }) => !this.#edits.some((one) => one.start <= start && end <= one.end),
    );
    if (fresh.length === 0) return ruling;
    // Only of a text that was taken for ended and went on.
    const late = fresh.find(({ start }) => start < this.#releasedTo);
    if (late !== undefined) return { stop: this.#judge.stop('block', late.rule), edits: [] };
    this.#edits = mergedEdits([...this.#edits, ...fresh]);
    return ruling;
  }
}

function wholeRules({ policy }: Judge): WholeRules {
  const acting = policy.compiled.rules.filter(({ action }) => !isHarmless(action));
  return {
    hidden: acting.some((rule) => rule.type === 'unicode' && rule.target !== 'request'),
    entropy: acting.some((rule) => rule.type === 'entropy' && rule.target !== 'request'),
  };
}

/** A piece by itself and the whole text say the same of what lies in the piece. */
function distinct(matches: readonly PatternMatch[]): PatternMatch[] {
  const byPlace = new Map(matches.map((match) => [`${match.pattern} ${match.start} ${match.end}`, match]));
  return [...byPlace.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}
