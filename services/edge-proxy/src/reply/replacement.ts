/** Stretches of a text that are replaced, and what stands there afterwards. */

export interface Edit {
  /** UTF-16 offsets, half-open. */
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

/** As the record's own redaction writes it: `[REDACTED_API_KEY_RESPONSE]`. */
export const replacementOf = (rule: string): string =>
  `[REDACTED_${rule.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}]`;

/** Overlapping ones are one, named for the rule that begins first; the order in which they were found does not matter. */
export function mergedEdits(edits: readonly Edit[]): Edit[] {
  const merged: Edit[] = [];
  const inOrder = edits.toSorted((a, b) => a.start - b.start || b.end - a.end || (a.rule < b.rule ? -1 : 1));
  for (const edit of inOrder) {
    const last = merged.at(-1);
    if (last !== undefined && edit.start < last.end) {
      if (edit.end > last.end) merged[merged.length - 1] = { ...last, end: edit.end };
    } else merged.push(edit);
  }
  return merged;
}

/**
 * A piece of a text with the edits of the whole text: the replacement stands in the piece where the stretch begins.
 *
 * @param edits merged, offsets in the whole text. @param start where the piece begins in it.
 */
export function editedPiece(edits: readonly Edit[], start: number, piece: string): string {
  const end = start + piece.length;
  let out = '';
  let at = start;
  for (const edit of edits) {
    if (edit.end <= start) continue;
    if (edit.start >= end) break;
    if (edit.start >= start) out += piece.slice(at - start, edit.start - start) + replacementOf(edit.rule);
    at = Math.min(edit.end, end);
  }
  return out + piece.slice(at - start);
}
