/**
 * What the log vouches for of one session: its stored events are compared with the hashes in the tree, and the tree with
 * the root that was signed. That nothing of it was deleted only the whole log can tell: `elida export`, `elida verify`.
 */
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';
import { type HeldEvent, type LogHead, readHeads, readHeldEvents, readTiles } from '@elida/postgres';
import { leafHash, planInclusion, TILE_WIDTH, type TileId, verifierKey, verifyInclusion } from '@elida/record';
import { tenantFor } from '../authorize.ts';
import type { Db } from '../ports.ts';
import { isOurs } from './is-ours.ts';
import type { LogParts } from './log-states.ts';

const EVENTS_MAX = 2_000;

export interface Integrity {
  readonly session_id: string;
  readonly algorithm: 'rfc6962-sha256';
  /** Nothing is put into a canonical form: the bytes that were written are hashed. */
  readonly canonicalization_version: 'exact-bytes';
  readonly event_count: number;
  /** There are more events than are looked at here. */
  readonly truncated: boolean;
  /** Events that have no place in the log yet. */
  readonly waiting: number;
  readonly verified: boolean;
  /** Ids of events that are not those that were signed. */
  readonly altered: readonly string[];
  readonly tenant: string;
  readonly origin: string;
  readonly key: string;
  readonly first_index: number | null;
  readonly last_index: number | null;
  readonly log_size: number;
  readonly root_hash: string;
  /** The signed note. */
  readonly checkpoint: string;
  readonly created_at: string | null;
}

/** @throws Fault not_found, database_unavailable. */
export async function integrityOf({ db, signerOf }: LogParts, session: string, caller: Caller): Promise<Integrity> {
  const held = await readHeldEvents(db, session, tenantFor(caller, undefined), EVENTS_MAX);
  const [first] = held;
  if (!first) throw new Fault('not_found', `there are no events of ${session}`);
  const { tenant } = first;
  const [head] = await readHeads(db, tenant, { limit: 1 });
  const signer = signerOf(tenant);
  const isSigned = head !== undefined && isOurs(head, signer);
  const sound = isSigned ? await soundTiles(db, tenant, head, held) : new Set<number>();
  const isAsSigned = ({ index, hash, leaf, isWaiting }: HeldEvent): boolean =>
    index === null || hash === null
      ? isWaiting
      : hash.equals(leafHash(leaf)) && sound.has(Math.floor(index / TILE_WIDTH));
  const altered = held.filter((event) => !isAsSigned(event)).map(({ eventId }) => eventId);
  const indices = held.flatMap(({ index }) => (index === null ? [] : [index]));
  return {
    session_id: session,
    algorithm: 'rfc6962-sha256',
    canonicalization_version: 'exact-bytes',
    event_count: held.length,
    truncated: held.length === EVENTS_MAX,
    waiting: held.filter(({ isWaiting }) => isWaiting).length,
    verified: altered.length === 0,
    altered,
    tenant,
    origin: signer.name,
    key: verifierKey(signer),
    first_index: indices.length > 0 ? Math.min(...indices) : null,
    last_index: indices.length > 0 ? Math.max(...indices) : null,
    log_size: head?.size ?? 0,
    root_hash: head?.root.toString('hex') ?? '',
    checkpoint: head?.note ?? '',
    created_at: head?.at.toISOString() ?? null,
  };
}

/** Tiles of leaves that lead to the signed root. The proof of one leaf hashes all the others of its tile. */
async function soundTiles(db: Db, tenant: string, head: LogHead, held: readonly HeldEvent[]): Promise<Set<number>> {
  const firsts = new Map<number, { readonly index: number; readonly hash: Buffer }>();
  for (const { index, hash } of held) {
    if (index === null || hash === null || index >= head.size) continue;
    const tile = Math.floor(index / TILE_WIDTH);
    if (!firsts.has(tile)) firsts.set(tile, { index, hash });
  }
  const known = new Map<string, Promise<Uint8Array>>();
  const read = (tile: TileId): Promise<Uint8Array> => {
    const key = `${tile.level}/${tile.index}`;
    const bytes = known.get(key) ?? readTiles(db, tenant, [tile]).then(([found = new Uint8Array(0)]) => found);
    known.set(key, bytes);
    return bytes;
  };
  const sound = new Set<number>();
  for (const [tile, { index, hash }] of firsts) {
    const { tiles, finish } = planInclusion(index, head.size);
    const bytes = await Promise.all(tiles.map(read));
    const place = { index, size: head.size, leafHash: hash, root: head.root };
    if (bytes.every((one, at) => isWhole(one, tiles[at])) && verifyInclusion(place, finish(bytes))) sound.add(tile);
  }
  return sound;
}

const HASH_BYTES = 32;
const isWhole = (bytes: Uint8Array, tile: TileId | undefined): boolean =>
  bytes.length >= (tile?.width ?? 0) * HASH_BYTES;
