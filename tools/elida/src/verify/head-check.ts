/** Compares the roots that were signed with the root that the leaves lead to, as they are read. */
import type { RootBuilder } from './root-builder.ts';
import type { Head } from './signed-note.ts';
import type { Span } from './spans.ts';

export type Source = 'export' | 'checkpoint file';

export interface Disagreement {
  readonly head: Head;
  readonly source: Source;
  /** Since the last root that agreed. */
  readonly window: Span;
}

export class HeadCheck {
  readonly #anchors: Map<number, Head[]>;
  readonly disagreements: Disagreement[] = [];
  /** The largest tree whose signed root the leaves lead to. */
  agreed = 0;
  /** The same, by a checkpoint of the export. */
  agreedHere = 0;
  #countHere = 0;
  #countThere = 0;

  /** @param anchors of the file outside, of this log, signatures checked. */
  constructor(anchors: readonly Head[]) {
    this.#anchors = Map.groupBy(anchors, ({ size }) => size);
  }

  get counts(): { readonly here: number; readonly there: number } {
    return { here: this.#countHere, there: this.#countThere };
  }

  /** A checkpoint of the export, at its place. */
  checkpoint(head: Head, tree: RootBuilder | null): void {
    if (tree) this.#compare(head, tree, 'export');
  }

  /** As many leaves were read. */
  reached(size: number, tree: RootBuilder | null): void {
    const heads = this.#anchors.get(size);
    if (heads === undefined || tree === null) return;
    this.#anchors.delete(size);
    for (const head of heads) this.#compare(head, tree, 'checkpoint file');
  }

  /** Of the file: those never reached. */
  unreached(): Head[] {
    return [...this.#anchors.values()].flat();
  }

  #compare(head: Head, tree: RootBuilder, source: Source): void {
    if (tree.root().equals(head.root)) {
      this.agreed = head.size;
      if (source === 'checkpoint file') this.#countThere++;
      else {
        this.#countHere++;
        this.agreedHere = head.size;
      }
    } else this.disagreements.push({ head, source, window: { from: this.agreed, to: head.size } });
  }
}
