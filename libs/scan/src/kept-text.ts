/**
 * The end of one view of a text, as code units: as much as may still be asked about. Positions count from the beginning of the
 * view. Numbers in an array, not a string: every loop that verifies reads them one by one.
 */
import { SPACE, UnitSet } from './char-set.ts';
import { BLOCK_UNITS } from './limits.ts';

const SPACE_UNITS = new UnitSet(SPACE);

interface Room {
  readonly units: Uint16Array;
  /** The same memory: it can be written a string at once. */
  readonly bytes: Buffer;
}

const ROOM_UNITS_MIN = 1_024;
function roomFor(length: number): Room {
  const units = new Uint16Array(Math.max(ROOM_UNITS_MIN, length));
  return { units, bytes: Buffer.from(units.buffer) };
}

/** What ended texts have left; the next is spared the making. */
const spare: Room[] = [];
const SPARE_MAX = 2;
const SPARE_UNITS_MAX = 4 * BLOCK_UNITS;
const NO_ROOM: Room = { units: new Uint16Array(0), bytes: Buffer.alloc(0) };

export class KeptText {
  base = 0;
  /** Position behind the last unit. */
  end = 0;
  /** From `base` on; what lies behind `end` means nothing. Another array after `add`. */
  units = NO_ROOM.units;
  #room = NO_ROOM;

  unit(at: number): number {
    return this.units[at - this.base] ?? 0;
  }

  copy(): KeptText {
    const copy = new KeptText();
    const length = this.end - this.base;
    copy.#take(roomFor(2 * length));
    copy.units.set(this.units.subarray(0, length));
    copy.base = this.base;
    copy.end = this.end;
    return copy;
  }

  add(piece: string): void {
    const length = this.end - this.base;
    const needed = length + piece.length;
    if (needed > this.units.length) {
      const fits = length === 0 && (spare.at(-1)?.units.length ?? 0) >= needed ? spare.pop() : undefined;
      const room = fits ?? roomFor(length === 0 ? needed : 2 * needed);
      room.units.set(this.units.subarray(0, length));
      this.#take(room);
    }
    this.#room.bytes.write(piece, 2 * length, 'utf16le');
    this.end += piece.length;
  }

  /** Now and then: what lies before `at` is not needed any more. */
  drop(at: number): void {
    const length = this.end - this.base;
    const gone = Math.min(at - this.base, length);
    if (gone <= length / 2) return;
    this.units.copyWithin(0, gone, length);
    this.base += gone;
  }

  /** Nothing will be asked any more. */
  release(): void {
    const room = this.#room;
    this.#take(NO_ROOM);
    if (room !== NO_ROOM && room.units.length <= SPARE_UNITS_MAX && spare.length < SPARE_MAX) spare.push(room);
  }

  #take(room: Room): void {
    this.#room = room;
    this.units = room.units;
  }

  /** The place so many symbols before `end`: white space counts once, however long. */
  symbolsBack(end: number, symbols: number): number {
    let at = end;
    for (let i = 0; i < symbols && at > this.base; i++) {
      at--;
      if (!SPACE_UNITS.has(this.unit(at))) continue;
      while (at > this.base && SPACE_UNITS.has(this.unit(at - 1))) at--;
    }
    return at;
  }

  /** The first place from which only units of the set lead to `end`, not further back than `most`. */
  unitsBack(set: UnitSet, end: number, most: number): number {
    const stop = Math.max(this.base, end - most);
    let at = end;
    while (at > stop && set.has(this.unit(at - 1))) at--;
    return at;
  }
}
