/** A checkpoint of the database counts for what we signed of it, not for what its row says. */
import type { StoredCheckpoint } from '@elida/postgres';
import { type NoteSigner, openOwnNote, readCheckpoint } from '@elida/record';

export interface SignedCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** @returns null where there is none, or another one signed it, or it is of another log or tree. */
export function signedBy(signer: NoteSigner, stored: StoredCheckpoint | null): SignedCheckpoint | null {
  const text = stored && openOwnNote(stored.note, signer);
  const said = text ? readCheckpoint(text) : null;
  if (!stored || said?.origin !== signer.name || said.size !== stored.size) return null;
  return { size: said.size, root: Buffer.from(said.root), note: stored.note };
}
