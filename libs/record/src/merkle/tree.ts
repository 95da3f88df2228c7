/** The writer's side of the tree: leaves are appended, tiles come out. Holds at most one open tile a level. */
import { emptyRoot, HASH_BYTES, nodeHash, rootOver } from './hash.ts';
import { openTiles, splitHashes, TILE_WIDTH, type Tile } from './tile.ts';

export class Tree {
  #size: number;
  /** Hashes of the open tile of each level. */
  readonly #open: Uint8Array[][] = [];
  #full: Tile[] = [];
  readonly #grown = new Set<number>();

  private constructor(size: number) {
    this.#size = size;
  }

  static empty(): Tree {
    return new Tree(0);
  }

  /**
   * @param tiles what `openTiles(size)` asks for, in that order. Compare `root()` with the last checkpoint before going on.
   * @throws RangeError where one is too short.
   */
  static restore(size: number, tiles: readonly Uint8Array[]): Tree {
    const tree = new Tree(size);
    for (const [at, { level, width }] of openTiles(size).entries()) {
      const bytes = tiles[at];
      if (bytes === undefined || bytes.length < width * HASH_BYTES)
        throw new RangeError(`open tile ${level} too short`);
      for (let below = tree.#open.length; below < level; below++) tree.#open.push([]);
      tree.#open.push(splitHashes(bytes.subarray(0, width * HASH_BYTES)));
    }
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Uint8Array): void {
    this.#size++;
    this.#push(0, leafHash);
  }

  #push(level: number, hash: Uint8Array): void {
    const open = this.#open[level] ?? [];
    this.#open[level] = open;
    open.push(hash);
    this.#grown.add(level);
    if (open.length < TILE_WIDTH) return;
    const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1)) - 1;
    this.#full.push({ level, index, width: TILE_WIDTH, bytes: Buffer.concat(open) });
    this.#open[level] = [];
    this.#grown.delete(level);
    this.#push(level + 1, rootOver(open));
  }

  root(): Uint8Array {
    let root: Uint8Array | null = null;
    for (const open of this.#open) {
      // The open hashes of a level stand left of everything below: their perfect parts, from the right.
      for (let end = open.length; end > 0; ) {
        const part = lastPartOf(end);
        const hash = rootOver(open.slice(end - part, end));
        root = root === null ? hash : nodeHash(hash, root);
        end -= part;
      }
    }
    return root ?? emptyRoot();
  }

  /** Tiles that are new or have grown since the last call: to be stored before the checkpoint that needs them. */
  takeTiles(): Tile[] {
    const grown = [...this.#grown].sort().map((level): Tile => {
      const open = this.#open[level] ?? [];
      const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1));
      return { level, index, width: open.length, bytes: Buffer.concat(open) };
    });
    const tiles = [...this.#full, ...grown];
    this.#full = [];
    this.#grown.clear();
    return tiles;
  }
}

/** The smallest power of two in the binary form of `n`: the rightmost perfect part. */
const lastPartOf = (n: number): number => n & -n;
