/** The Merkle tree of a log. */
export { leafHash } from './hash.ts';
export { planConsistency, planInclusion, planRange, planRoot } from './proof.ts';
export type { Range } from './range.ts';
export { openTiles, type ReadPlan, TILE_WIDTH, type Tile, type TileId } from './tile.ts';
export { Tree } from './tree.ts';
export { type Inclusion, type TreeHead, verifyConsistency, verifyInclusion } from './verify.ts';
