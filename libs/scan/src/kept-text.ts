/** The end of one view of a text: as much as may still be asked about. Positions count from the beginning of the view. */
import { SPACE, UnitSet } from './char-set.ts';

const SPACE_UNITS = new UnitSet(SPACE);

export class KeptText {
  text = '';
  base = 0;

  get end(): number {
    return this.base + this.text.length;
  }

  unit(at: number): number {
    return this.text.charCodeAt(at - this.base);
  }

  copy(): KeptText {
    const copy = new KeptText();
    copy.text = this.text;
    copy.base = this.base;
    return copy;
  }

  add(piece: string): void {
    this.text = this.text === '' ? piece : this.text + piece;
  }

  /** Now and then: what lies before `at` is not needed any more. */
  drop(at: number): void {
    const gone = at - this.base;
    if (gone <= this.text.length / 2) return;
    this.text = this.text.slice(gone);
    this.base += gone;
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
