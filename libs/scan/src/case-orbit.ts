/** Simple case folding (one code point to one), as a regular expression with the flags `iu` compares. Built once, on demand. */
import { type CharSet, clip, has, rangesOf, setOf, sizeOf, union } from './char-set.ts';

/** No code point above has case. */
const CASED_MAX = 0x1_ffff;
/** Its upper case is I, but CaseFolding.txt folds it to nothing. */
const DOTLESS_I = 0x131;

let byFold: ReadonlyMap<number, readonly number[]> | undefined;

function single(text: string, otherwise: number): number {
  const point = text.codePointAt(0) ?? otherwise;
  return text.length === String.fromCodePoint(point).length ? point : otherwise;
}

/** What a code point is compared as. */
export function caseFold(point: number): number {
  if (point < 0x80) return point >= 0x41 && point <= 0x5a ? point + 32 : point;
  if (point > CASED_MAX || point === DOTLESS_I) return point;
  const upper = single(String.fromCodePoint(point).toUpperCase(), point);
  return single(String.fromCodePoint(upper).toLowerCase(), upper);
}

const CASED = /\p{Changes_When_Casemapped}/gu;
const BLOCK = 0x1000;

/** All that have case: the platform knows them, and finds them faster than each could be asked. */
function* casedPoints(): Generator<number> {
  for (let from = 0; from <= CASED_MAX; from += BLOCK) {
    const points = Array.from({ length: BLOCK }, (_, i) => from + i);
    for (const [one] of String.fromCodePoint(...points)
      .toWellFormed()
      .matchAll(CASED))
      yield one.codePointAt(0) ?? 0;
  }
}

function allOrbits(): ReadonlyMap<number, readonly number[]> {
  if (byFold) return byFold;
  const orbitsByFold = new Map<number, number[]>();
  for (const point of casedPoints()) {
    const fold = caseFold(point);
    if (fold === point) continue;
    const orbit = orbitsByFold.get(fold);
    if (orbit) orbit.push(point);
    else orbitsByFold.set(fold, [fold, point]);
  }
  byFold = orbitsByFold;
  return orbitsByFold;
}

/** Code points that differ only by case, what they are compared as first. */
export const orbits = (): Iterable<readonly number[]> => allOrbits().values();

/** Patterns name the same few sets again and again. */
const CLOSED_MAX = 1_024;
const closed = new Map<string, CharSet>();

/** A set and all that differs from a member of it only by case. */
export function closeCase(set: CharSet): CharSet {
  const key = set.join();
  const known = closed.get(key);
  if (known) return known;
  if (closed.size >= CLOSED_MAX) closed.clear();
  const result = close(set);
  closed.set(key, result);
  return result;
}

function close(set: CharSet): CharSet {
  const cased = clip(set, 0, CASED_MAX);
  const more: [number, number][] = [];
  const add = (orbit: readonly number[] | undefined): void => {
    for (const point of orbit ?? []) more.push([point, point]);
  };
  if (sizeOf(cased) < 256) {
    for (const [lo, hi] of rangesOf(cased)) {
      for (let point = lo; point <= hi; point++) add(allOrbits().get(caseFold(point)));
    }
  } else {
    for (const orbit of allOrbits().values()) if (orbit.some((point) => has(cased, point))) add(orbit);
  }
  return more.length === 0 ? set : union(set, setOf(more));
}
