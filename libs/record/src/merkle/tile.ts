/**
 * How the tree is kept: tiles of 256 hashes, as in C2SP tlog-tiles. Tiles of level 0 hold leaf hashes; a hash of level
 * `l + 1` is the root of a full tile of level `l`. A full tile never changes; the open ones at the right edge grow.
 */
import { HASH_BYTES, rootOver } from './hash.ts';
import { type Node, nodesOf, type Range } from './range.ts';

export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;

export interface TileId {
  readonly level: number;
  readonly index: number;
  /** Hashes that it holds in a tree of the size it is asked for. A wider one of the same place serves as well. */
  readonly width: number;
}

export interface Tile extends TileId {
  /** `width` hashes of 32 bytes, one behind the other. */
  readonly bytes: Uint8Array;
}

/** Leaves under one hash of a tile. */
const span = (level: number): number => TILE_WIDTH ** level;

const widthOf = (level: number, index: number, size: number): number =>
  Math.min(TILE_WIDTH, Math.floor(size / span(level)) - index * TILE_WIDTH);

interface Place {
  readonly tile: TileId;
  /** The node is the root over these hashes of the tile. */
  readonly offset: number;
  readonly count: number;
}

function placeOf(node: Node, size: number): Place {
  const level = Math.floor(node.level / TILE_LEVELS);
  const count = 2 ** (node.level % TILE_LEVELS);
  const first = node.index * count;
  const index = Math.floor(first / TILE_WIDTH);
  return { tile: { level, index, width: widthOf(level, index, size) }, offset: first % TILE_WIDTH, count };
}

/** The right edge of a tree: one tile a level that has one, from level 0 on. What a writer needs to go on. */
export function openTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; span(level) <= size; level++) {
    const index = Math.floor(size / span(level + 1));
    const width = widthOf(level, index, size);
    if (width > 0) tiles.push({ level, index, width });
  }
  return tiles;
}

const keyOf = ({ level, index }: TileId): string => `${level}/${index}`;

/** Which tiles to read before `finish` can say what was asked: a few for each level, whatever the size. */
export interface ReadPlan<T> {
  readonly tiles: readonly TileId[];
  /** @param tiles bytes of the tiles asked for, in the same order. @throws RangeError where one is too short. */
  finish(tiles: readonly Uint8Array[]): T;
}

/** Hashes of perfect subtrees in a tree of `size` leaves, group by group. */
export function planRead(groups: readonly Range[], size: number): ReadPlan<Uint8Array[][]> {
  const places = groups.map((group) => nodesOf(group).map((node) => placeOf(node, size)));
  const wanted = new Map(places.flat().map(({ tile }) => [keyOf(tile), tile]));
  const tiles = [...wanted.values()];
  return {
    tiles,
    finish(bytes) {
      const read = new Map(tiles.map((tile, at) => [keyOf(tile), bytes[at]]));
      return places.map((group) =>
        group.map(({ tile, offset, count }) => rootOver(hashesOf(read.get(keyOf(tile)), tile, offset, count))),
      );
    },
  };
}

function hashesOf(bytes: Uint8Array | undefined, tile: TileId, offset: number, count: number): Uint8Array[] {
  if (bytes === undefined || bytes.length < (offset + count) * HASH_BYTES) {
    throw new RangeError(`tile ${keyOf(tile)} is missing or too short`);
  }
  return splitHashes(bytes.subarray(offset * HASH_BYTES, (offset + count) * HASH_BYTES));
}

export const splitHashes = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
