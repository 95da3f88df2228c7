/**
 * One turn of the log of one tenant, top to bottom: who may → is it the log that we signed → what waits, in order → indices
 * → tree → checkpoint, all in one transaction. Any worker may take the turn. The checkpoint goes out of the database only
 * after the commit: what was signed and undone must not be held against the database.
 */
import type { Clock } from '@elida/kernel';
import {
  appendLog,
  checkpointAt,
  type Database,
  lockLog,
  logSize,
  type PendingEvent,
  readPending,
  readTiles,
} from '@elida/postgres';
import { checkpointText, type NoteSigner, openTiles, signNote, Tree } from '@elida/record';
import type { Kysely } from 'kysely';
import type { Anchored } from './anchor-file.ts';
import { signedBy } from './signed-by.ts';

export interface SequenceDeps {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  /** Events of one producer in one turn. */
  readonly perProducerMax: number;
}

export type Turn =
  | { readonly kind: 'busy' | 'idle' }
  | { readonly kind: 'refused'; readonly why: 'rolled_back' | 'altered'; readonly size: number }
  /** `isFull`: more may wait. */
  | {
      readonly kind: 'appended';
      readonly entries: readonly PendingEvent[];
      readonly size: number;
      readonly isFull: boolean;
    };

/** @param anchored what is known of this log outside of the database. */
export async function sequence(
  { db, clock, perProducerMax }: SequenceDeps,
  tenant: string,
  signer: NoteSigner,
  anchored: Anchored | null,
): Promise<Turn> {
  return await db.transaction().execute(async (trx): Promise<Turn> => {
    if (!(await lockLog(trx, tenant))) return { kind: 'busy' };
    const size = await logSize(trx, tenant);
    if (anchored && size < anchored.size) return { kind: 'refused', why: 'rolled_back', size };
    const pending = await readPending(trx, tenant, perProducerMax);
    if (pending.length === 0) return { kind: 'idle' };
    const tree = restored(size, await readTiles(trx, tenant, openTiles(size)));
    if (tree === null) return { kind: 'refused', why: 'altered', size };
    if (size > 0) {
      const signed = signedBy(signer, await checkpointAt(trx, tenant, size));
      if (!signed?.root.equals(tree.root())) return { kind: 'refused', why: 'altered', size };
    }
    const entries = inOrder(pending).filter(({ isKnown }) => !isKnown);
    for (const { leafHash } of entries) tree.append(leafHash);
    const [at, root] = [clock.now(), tree.root()];
    const note = signNote(checkpointText({ origin: signer.name, size: tree.size, root, at }), [signer]);
    await appendLog(trx, {
      tenant,
      from: size,
      entries,
      done: pending,
      tiles: tree.takeTiles(),
      checkpoint: { size: tree.size, root, at: new Date(at), note },
    });
    return { kind: 'appended', entries, size: tree.size, isFull: isFull(pending, perProducerMax) };
  });
}

/** Null where hashes are missing: somebody took them. */
function restored(size: number, tiles: readonly Uint8Array[]): Tree | null {
  try {
    return Tree.restore(size, tiles);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** By insertion, but no event before an earlier one of its producer: so the order within each session is kept. */
export function inOrder(pending: readonly PendingEvent[]): PendingEvent[] {
  const reached = new Map<string, number>();
  const keyed = pending.map((event) => {
    const key = Math.max(event.id, reached.get(event.producer) ?? 0);
    reached.set(event.producer, key);
    return { event, key };
  });
  // Stable: of one producer those with the same key stay in the order of their numbers.
  return keyed.sort((a, b) => a.key - b.key).map(({ event }) => event);
}

function isFull(pending: readonly PendingEvent[], max: number): boolean {
  const counts = new Map<string, number>();
  for (const { producer } of pending) counts.set(producer, (counts.get(producer) ?? 0) + 1);
  return Math.max(...counts.values()) >= max;
}
