/**
 * The text as a reader takes it: NFKC of every code point, without what cannot be seen (zero-width and bidi characters, tags,
 * variation selectors) and without the accents that are written as marks, so that composed and decomposed spellings agree.
 * Each code point is folded by itself: that makes pieces of a text fold as the whole does, and offsets lead back exactly.
 * Case stays; patterns of this view ignore it. Emoji lose their joiners, scripts written right to left keep their order.
 */
import { OffsetMap } from './offset-map.ts';
import { type View, type ViewReader, wholePoints } from './view.ts';

/** Removed: no shape of their own (Unicode, Default_Ignorable_Code_Point), and marks on Latin, Greek, Cyrillic, kana and Semitic letters. */
const REMOVED =
  /\p{Default_Ignorable_Code_Point}|[\u0300-\u036f]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u0610-\u061a]|[\u064b-\u065f]|\u0670|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\u3099\u309a]|[\ufe20-\ufe2f]/gu;

const folds = new Map<number, string>();

function foldPoint(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  let folded = folds.get(point);
  if (folded === undefined) {
    folded = compute(point);
    folds.set(point, folded);
    const unit = folded.charCodeAt(0);
    const isPlain = point <= 0xffff && folded.length === 1 && unit !== UNKNOWN && !isSurrogate(point);
    if (isPlain) unitFolds[point] = unit;
  }
  return folded;
}

function compute(point: number): string {
  const whole = String.fromCodePoint(point).toWellFormed();
  // Removing may leave what composes differently, as in Å → A; a second round finds nothing more.
  return whole.normalize('NFKD').replace(REMOVED, '').normalize('NFKC').replace(REMOVED, '');
}

const UNKNOWN = 0xffff;
/** By code unit: the one unit that it folds to, as far as texts have asked; UNKNOWN also where it is not one, or half of a pair. */
const unitFolds = new Uint16Array(0x1_0000).fill(UNKNOWN);
for (let unit = 0; unit < 0x80; unit++) unitFolds[unit] = unit;

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

export function foldedUnit(unit: number): number | null {
  if (isSurrogate(unit)) return null;
  const folded = foldPoint(unit);
  return folded.length === 1 ? folded.charCodeAt(0) : null;
}

/** A character beyond ASCII takes more bytes of UTF-8 than code units; counting them is some fifty times faster than looking. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

/** A code point never becomes more units than this (NFKC: eighteen). */
const POINT_UNITS_MAX = 32;
const PIECE_UNITS = 32_768;
/** One at a time is in use: reading never waits for anything. */
const source = new Uint16Array(PIECE_UNITS);
const sourceBytes = Buffer.from(source.buffer);
let target = new Uint16Array(2 * PIECE_UNITS);

/** Where the source begins to differ from what it folds to, or may. */
function firstOther(length: number): number {
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = source[i] ?? 0;
    const b = source[i + 1] ?? 0;
    const c = source[i + 2] ?? 0;
    const d = source[i + 3] ?? 0;
    const differs =
      ((unitFolds[a] ?? 0) ^ a) | ((unitFolds[b] ?? 0) ^ b) | ((unitFolds[c] ?? 0) ^ c) | ((unitFolds[d] ?? 0) ^ d);
    if (differs !== 0) break;
  }
  while (i < length && unitFolds[source[i] ?? 0] === source[i]) i++;
  return i;
}

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
    for (let from = 0; from < whole.length; ) {
      const { whole: part } = wholePoints(whole.slice(from, from + PIECE_UNITS), from + PIECE_UNITS >= whole.length);
      from += part.length;
      out += this.#fold(part);
    }
    return out === whole ? whole : out;
  }

  #fold(part: string): string {
    sourceBytes.write(part, 'utf16le');
    const { length } = part;
    const first = firstOther(length);
    if (first === length) {
      this.#map.same(length);
      return part;
    }
    target.set(source.subarray(0, first));
    let at = first;
    let sameFrom = 0;
    for (let i = first; i < length; ) {
      const folded = unitFolds[source[i] ?? 0] ?? UNKNOWN;
      if (folded !== UNKNOWN) {
        target[at++] = folded;
        i++;
        continue;
      }
      const point = part.codePointAt(i) ?? 0;
      const text = foldPoint(point);
      const units = point > 0xffff ? 2 : 1;
      if (at + POINT_UNITS_MAX + length - i > target.length) target = grown(target);
      for (let k = 0; k < text.length; k++) target[at++] = text.charCodeAt(k);
      if (text.length !== units || (units === 2 && text !== String.fromCodePoint(point))) {
        this.#map.same(i - sameFrom);
        this.#map.other(text.length, units);
        sameFrom = i + units;
      }
      i += units;
    }
    this.#map.same(length - sameFrom);
    return Buffer.from(target.buffer, 0, 2 * at).toString('utf16le');
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

function grown(units: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(2 * units.length);
  larger.set(units);
  return larger;
}

export const foldedView: View = {
  ignoreCase: true,
  fold: foldPoint,
  foldUnit: (unit) => unit,
  open: () => new FoldedReader(),
};
