/** Ranges of leaves as perfect subtrees: the form in which everything about a tree can be asked. */

/** Leaves `from` to `to`, `to` excluded. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The perfect subtree over leaves [index · 2^level, (index + 1) · 2^level). */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** The fewest perfect subtrees that cover a range, from left to right. */
export function nodesOf({ from, to }: Range): Node[] {
  const nodes: Node[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level++;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}
