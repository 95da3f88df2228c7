/** What of joined parts can belong to a match across a seam: instructions that are long are not read again for a line beside them. */
import type { Joined } from './joined.ts';
import type { Pace } from './pace.ts';

interface Piece {
  readonly text: string;
  /** Where it begins in the run, with nothing between the pieces. */
  readonly from: number;
  /** The same in the joined text. */
  readonly start: number;
}
/** Pieces that follow each other. */
export type Run = readonly Piece[];

/** The longest match (libs/scan, MATCH_MAX), and a unit beside it that tells whether a word ends there. */
const SEEN_UNITS = 8_192 + 1;
const EDGES = [SEEN_UNITS, 2 * SEEN_UNITS];
/** What the rules may read over, and what of a pair is the second unit. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{M}]/gu;
const PAIRED = /[\ud800-\udbff]/g;

export async function runsOf({ parts }: Joined, pace: Pace): Promise<Run[]> {
  const runs: Piece[][] = [[]];
  const add = (text: string, start: number): void => {
    const last = runs.at(-1)?.at(-1);
    if (text !== '') runs.at(-1)?.push({ text, start, from: last === undefined ? 0 : last.from + last.text.length });
  };
  for (const [index, { said, start }] of parts.entries()) {
    if (pace.due) await pace.giveWay();
    const { text } = said;
    const head = index === 0 ? 0 : edgeOf(text, (units) => text.slice(0, units));
    const tail = index === parts.length - 1 ? 0 : edgeOf(text, (units) => text.slice(-units));
    if (head + tail >= text.length) add(text, start);
    else {
      add(text.slice(0, head), start);
      runs.push([]);
      add(text.slice(text.length - tail), start + text.length - tail);
    }
  }
  return runs.filter((run) => run.length > 1);
}

/** Units at one end of a text that hold the longest match, whatever unseen stands in between. */
function edgeOf(text: string, cut: (units: number) => string): number {
  for (const units of EDGES) {
    if (text.length <= units) break;
    if (seenIn(cut(units)) >= SEEN_UNITS) return units;
  }
  return text.length;
}

/** A character beyond ASCII takes more bytes than units; to count them is many times faster than to look at each. */
const seenIn = (text: string): number =>
  Buffer.byteLength(text) === text.length ? text.length : text.replace(UNSEEN, '').replace(PAIRED, '').length;

export const textOf = (run: Run, between: string): string => run.map(({ text }) => text).join(between);

export const lengthOf = (run: Run): number => run.reduce((sum, { text }) => sum + text.length, 0);

/**
 * Offset in a run's text → in the joined text.
 *
 * @param gap units between any two pieces; they count to the piece before, at its end.
 */
export function placeIn(run: Run, offset: number, gap: number): number {
  let low = 0;
  let high = run.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((run[middle]?.from ?? 0) + middle * gap <= offset) low = middle;
    else high = middle - 1;
  }
  const piece = run[low];
  return piece === undefined ? offset : piece.start + offset - piece.from - low * gap;
}
