/** The proof of an event in the seeds' words: a path of siblings from the leaf to the root that was signed. */
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../authorize.ts';
import { inclusionProof } from '../log/proofs.ts';
import type { Parts } from '../parts.ts';
import { eventOf, eventsOf } from '../record/event-rows.ts';

interface Step {
  readonly position: 'left' | 'right';
  readonly hash: string;
}

const toHex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

/** On which side each hash of a proof stands (RFC 9162 §2.1.3.2). */
function sidesOf(index: number, size: number, hashes: readonly string[]): Step[] {
  let node = index;
  let last = size - 1;
  return hashes.map((hash) => {
    const isLeft = node % 2 === 1 || node === last;
    if (isLeft) {
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
    return { position: isLeft ? 'left' : 'right', hash: toHex(hash) };
  });
}

/** @param event its integer id, or its UUID. @throws Fault not_found, not_ready, database_unavailable. */
export async function eventProof(
  parts: Pick<Parts, 'db' | 'signerOf'>,
  session: string,
  event: string,
  caller: Caller,
): Promise<object> {
  const tenant = tenantFor(caller, undefined);
  const row = /^\d{1,18}$/.test(event)
    ? await eventsOf(parts.db, { tenant }).where('id', '=', event).executeTakeFirst()
    : /^[0-9a-f-]{36}$/i.test(event)
      ? await eventOf(parts.db, event, tenant)
      : undefined;
  if (!row || row.session !== session) throw new Fault('not_found', `there is no event ${event} of ${session}`);
  const proof = await inclusionProof(parts, row.event_id, row.tenant, undefined);
  return {
    session_id: session,
    event_id: Number(row.id),
    event_uuid: row.event_id,
    event_index: proof.index,
    event_hash: toHex(proof.leaf_hash),
    root_hash: toHex(proof.root),
    sibling_path: sidesOf(proof.index, proof.size, proof.hashes),
    algorithm: 'rfc6962-sha256',
    canonicalization_version: 'exact-bytes',
    log_size: proof.size,
    origin: proof.origin,
    key: proof.key,
    checkpoint: proof.note,
  };
}
