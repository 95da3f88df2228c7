/** The text as it is, case and all: for keys and other names that are only themselves when spelled exactly. */
import { foldedUnit } from './folded-view.ts';
import { type View, type ViewReader, wholePoints } from './view.ts';

class RawReader implements ViewReader {
  #rest = '';
  #read = 0;

  push(piece: string, ended: boolean): string {
    const { whole, rest } = wholePoints(this.#rest + piece, ended);
    this.#rest = rest;
    this.#read += whole.length;
    // A lone surrogate is no character; U+FFFD is as long.
    return whole.toWellFormed();
  }

  startOf(at: number): number {
    return Math.min(at, this.#read);
  }

  endOf(at: number): number {
    return at;
  }

  forget(): void {
    // Nothing is kept.
  }
}

export const rawView: View = {
  ignoreCase: false,
  fold: (point) => String.fromCodePoint(point).toWellFormed(),
  foldUnit: foldedUnit,
  open: () => new RawReader(),
};
