/** One text through all views. Views that read the same so far share one pass; they part where they first differ. */
import { type Tables, VIEWS, type ViewName } from './compile.ts';
import { Lane } from './lane.ts';
import type { ViewReader } from './views/view.ts';

export interface Finding {
  readonly rule: string;
  /** Index of the pattern in its rule. */
  readonly pattern: number;
  /** UTF-16 offsets in the original text. */
  readonly start: number;
  readonly end: number;
}

interface Pass {
  readonly lane: Lane;
  readonly readers: readonly (readonly [ViewName, ViewReader])[];
}

export class Reading {
  #passes: readonly Pass[];

  constructor(tables: Tables) {
    const readers = tables.views.map((name) => [name, VIEWS[name].open()] as const);
    this.#passes = readers.length === 0 ? [] : [{ lane: new Lane(tables, tables.views), readers }];
  }

  /** @returns what is certain now. */
  push(piece: string, ended: boolean): Finding[] {
    const findings: Finding[] = [];
    this.#passes = this.#passes.flatMap((pass) => {
      const texts = pass.readers.map(([, reader]) => reader.push(piece, ended));
      const [first = ''] = texts;
      const same = texts.every((text) => text === first);
      const passes = same ? [pass] : parted(pass);
      passes.forEach((one, i) => {
        take(one, texts[i] ?? '', ended, findings);
      });
      return passes;
    });
    return findings;
  }

  /** Offset in the text of the first code unit that a rule with `hold` may still be about; Infinity: none that was read. */
  get held(): number {
    let held = Number.POSITIVE_INFINITY;
    for (const { lane, readers } of this.#passes) {
      for (const [, reader] of readers) held = Math.min(held, reader.startOf(lane.held));
    }
    return held;
  }
}

function parted({ lane, readers }: Pass): readonly Pass[] {
  return readers.map((reader) => ({ lane: lane.of(reader[0]), readers: [reader] }));
}

function take({ lane, readers }: Pass, text: string, ended: boolean, findings: Finding[]): void {
  for (const { searched, start, end } of lane.push(text, ended)) {
    const { rule, pattern } = searched;
    // The readers of one pass read the same, but what they left out may differ.
    const reader = readers.find(([view]) => view === searched.view)?.[1];
    if (reader) findings.push({ rule, pattern, start: reader.startOf(start), end: reader.endOf(end) });
  }
  for (const [, reader] of readers) reader.forget(lane.kept);
}
