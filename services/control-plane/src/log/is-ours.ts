import type { LogHead } from '@elida/postgres';
import { checkpointText, type NoteSigner, signNote } from '@elida/record';

/** Did we sign this row? Ed25519 signs the same text the same way each time, so signing it again tells. */
export const isOurs = ({ size, root, at, note }: LogHead, signer: NoteSigner): boolean =>
  signNote(checkpointText({ origin: signer.name, size, root, at: at.getTime() }), [signer]) === note;
