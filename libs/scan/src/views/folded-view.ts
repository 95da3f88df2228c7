/**
 * The text as a reader takes it: NFKC of every code point, without what cannot be seen (zero-width and bidi characters, tags,
 * variation selectors) and without the accents that are written as marks, so that composed and decomposed spellings agree.
 * Each code point is folded by itself: that makes pieces of a text fold as the whole does, and offsets lead back exactly.
 * Case stays; patterns of this view ignore it. Emoji lose their joiners, scripts written right to left keep their order.
 */
import { CODE_POINT_MAX } from '../char-set.ts';
import { OffsetMap } from './offset-map.ts';
import { type View, type ViewReader, wholePoints } from './view.ts';

/** Removed: no shape of their own (Unicode, Default_Ignorable_Code_Point), and marks on Latin, Greek, Cyrillic, kana and Semitic letters. */
const REMOVED =
  /\p{Default_Ignorable_Code_Point}|[\u0300-\u036f]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u0610-\u061a]|[\u064b-\u065f]|\u0670|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\u3099\u309a]|[\ufe20-\ufe2f]/gu;

const SAME = 0;
const DIFFERENT = 1;
const UNKNOWN = 2;

/** What is known of each code point; filled as texts ask for it. */
const sort = new Uint8Array(CODE_POINT_MAX + 1).fill(UNKNOWN);
sort.fill(SAME, 0, 0x80);
const folds = new Map<number, string>();

function foldPoint(point: number): string {
  if (sort[point] === UNKNOWN) {
    const folded = compute(point);
    const same = folded === String.fromCodePoint(point);
    if (!same) folds.set(point, folded);
    sort[point] = same ? SAME : DIFFERENT;
  }
  return sort[point] === SAME ? String.fromCodePoint(point) : (folds.get(point) ?? '');
}

function compute(point: number): string {
  const whole = String.fromCodePoint(point).toWellFormed();
  // Removing may leave what composes differently, as in Å → A; a second round finds nothing more.
  return whole.normalize('NFKD').replace(REMOVED, '').normalize('NFKC').replace(REMOVED, '');
}

/** A character beyond ASCII takes more bytes of UTF-8 than code units; counting them is some fifty times faster than looking. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

class FoldedReader implements ViewReader {
  readonly #map = new OffsetMap();
  #rest = '';

  push(piece: string, ended: boolean): string {
    const { whole, rest } = wholePoints(this.#rest + piece, ended);
    this.#rest = rest;
    if (isAscii(whole)) {
      this.#map.same(whole.length);
      return whole;
    }
    let out = '';
    let sameFrom = 0;
    for (let i = 0; i < whole.length; ) {
      const point = whole.codePointAt(i) ?? 0;
      const length = point > 0xffff ? 2 : 1;
      if (sort[point] === SAME) {
        i += length;
        continue;
      }
      const folded = foldPoint(point);
      if (sort[point] === DIFFERENT) {
        out += whole.slice(sameFrom, i) + folded;
        this.#map.same(i - sameFrom);
        this.#map.other(folded.length, length);
        sameFrom = i + length;
      }
      i += length;
    }
    this.#map.same(whole.length - sameFrom);
    return sameFrom === 0 ? whole : out + whole.slice(sameFrom);
  }

  startOf(at: number): number {
    return this.#map.startOf(at);
  }

  endOf(at: number): number {
    return this.#map.endOf(at);
  }

  forget(at: number): void {
    this.#map.forget(at);
  }
}

export const foldedView: View = {
  ignoreCase: true,
  fold: foldPoint,
  open: () => new FoldedReader(),
};
