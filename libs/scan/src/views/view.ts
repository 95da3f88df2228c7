/** A view is a reading of a text that rules look at instead of the text: it changes nothing that is forwarded. */

export interface View {
  /** Whether patterns of this view never tell cases apart. */
  readonly ignoreCase: boolean;
  /** What the view turns one code point into; empty: it removes it. A text's view is the views of its code points, in order. */
  fold(point: number): string;
  /** A code unit of this view as the folded view has it; null where that is not one unit, or half of a pair. */
  foldUnit(unit: number): number | null;
  open(): ViewReader;
}

/** Reads one text piece by piece. Positions count UTF-16 code units from the beginning of the text, or of its view. */
export interface ViewReader {
  /** @returns what the piece adds to the view; half of a surrogate pair waits for the other half. */
  push(piece: string, ended: boolean): string;
  /** The place in the text of what stands at `at` in the view, or the end of what has been read. */
  startOf(at: number): number;
  /** The end in the text of what ends at `at` in the view. */
  endOf(at: number): number;
  /** No place before `at` in the view will be asked for. */
  forget(at: number): void;
}

/** Splits off a high surrogate at the end, whose other half may come with the next piece. */
export function wholePoints(text: string, ended: boolean): { whole: string; rest: string } {
  const last = text.charCodeAt(text.length - 1);
  const torn = !ended && last >= 0xd800 && last <= 0xdbff;
  return torn ? { whole: text.slice(0, -1), rest: text.slice(-1) } : { whole: text, rest: '' };
}
