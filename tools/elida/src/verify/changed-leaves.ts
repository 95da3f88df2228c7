/** Leaves whose bytes do not have the hash that the tree has: what was done to them? */
import type { FindingName } from './finding.ts';

export interface ChangedLeaf {
  readonly index: number;
  /** What the tree has, in hex. */
  readonly stored: string;
  /** What the bytes have; empty where there are none. */
  readonly computed: string;
  /** The event was seen at another index before. */
  readonly isReplay: boolean;
}

export interface Named {
  readonly name: FindingName;
  readonly index: number;
  readonly detail: string;
}

export function nameChanges(changed: readonly ChangedLeaf[]): Named[] {
  const placeOf = new Map(changed.map(({ stored, index }) => [stored, index]));
  const present = new Set(changed.map(({ computed }) => computed));
  const gone = changed.filter(({ stored }) => !present.has(stored));
  // Where some are gone and the others moved up, those are no findings of their own.
  const isShift = gone.some(({ computed }) => computed === '' || placeOf.has(computed));
  return changed.flatMap(({ index, stored, computed, isReplay }): Named[] => {
    const isGone = !present.has(stored);
    const movedFrom = placeOf.get(computed);
    if (isReplay) return [{ name: 'replayed', index, detail: 'an earlier leaf stands here again' }];
    if (isGone && (computed === '' || movedFrom !== undefined)) {
      return [{ name: 'deleted', index, detail: 'the tree has its hash, the leaf is gone' }];
    }
    if (isGone) return [{ name: 'altered', index, detail: 'its bytes are not those that were hashed' }];
    if (isShift) return [];
    const from = movedFrom === undefined ? '' : `: here stands leaf ${movedFrom}`;
    return [{ name: 'reordered', index, detail: `its bytes are those of another place${from}` }];
  });
}
