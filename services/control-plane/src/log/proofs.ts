/** Proofs over the API: of one event, and of one state of the log for another. Sizes are those that were signed. */
import type { ConsistencyProof, InclusionProof } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import {
  isWaitingFor,
  type LogPlace,
  readHeads,
  readHeadsWithin,
  readLeaves,
  readPlace,
  readTiles,
} from '@elida/postgres';
import { planConsistency, planInclusion, planRoot, type ReadPlan, verifierKey } from '@elida/record';
import type { Db } from '../ports.ts';
import type { LogParts } from './log-states.ts';

type ProofParts = Pick<LogParts, 'db' | 'signerOf'>;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** @throws Fault internal where tiles are missing: the tables were changed behind our back. */
export async function run<T>(db: Db, tenant: string, { tiles, finish }: ReadPlan<T>): Promise<T> {
  return finish(await readTiles(db, tenant, tiles));
}

/** Of the last checkpoint. 0: there is none. */
export const signedSize = async (db: Db, tenant: string): Promise<number> =>
  (await readHeads(db, tenant, { limit: 1 }))[0]?.size ?? 0;

const noteOf = async (db: Db, tenant: string, size: number): Promise<string | null> =>
  (await readHeadsWithin(db, tenant, { from: size - 1, to: size }))[0]?.note ?? null;

/**
 * @param tenant empty: whoever's it is.
 * @throws Fault not_found, not_ready (it waits for its place), database_unavailable.
 */
async function placeOf(db: Db, eventId: string, tenant: string): Promise<LogPlace> {
  const place = await readPlace(db, eventId);
  if (place && (tenant === '' || place.tenant === tenant)) return place;
  if (place === null && (await isWaitingFor(db, eventId, tenant)))
    throw new Fault('not_ready', 'the event waits for its place in the log');
  throw new Fault('not_found', `the log has no event ${eventId}`);
}

export async function inclusionProof(
  { db, signerOf }: ProofParts,
  eventId: string,
  tenant: string,
  asked: number | undefined,
): Promise<InclusionProof> {
  const place = await placeOf(db, eventId, tenant);
  const signed = await signedSize(db, place.tenant);
  const size = asked ?? signed;
  if (size > signed || place.index >= size)
    throw new Fault(
      'not_found',
      `no tree of ${size} leaves with leaf ${place.index} was signed; the last has ${signed}`,
    );
  const [hashes, root, [leaf], note] = await Promise.all([
    run(db, place.tenant, planInclusion(place.index, size)),
    run(db, place.tenant, planRoot(size, signed)),
    readLeaves(db, place.tenant, { from: place.index, to: place.index + 1 }),
    noteOf(db, place.tenant, size),
  ]);
  const signer = signerOf(place.tenant);
  return {
    event_id: eventId,
    tenant: place.tenant,
    origin: signer.name,
    key: verifierKey(signer),
    index: place.index,
    size,
    leaf_hash: base64(place.leafHash),
    leaf: leaf?.leaf ? base64(leaf.leaf) : null,
    root: base64(root),
    hashes: hashes.map(base64),
    note,
  };
}

export async function consistencyProof(
  { db, signerOf }: ProofParts,
  tenant: string,
  from: number,
  asked: number | undefined,
): Promise<ConsistencyProof> {
  const signed = await signedSize(db, tenant);
  const to = asked ?? signed;
  if (from > to || to > signed)
    throw new Fault('not_found', `no trees of ${from} and ${to} leaves; the last has ${signed}`);
  const head = async (size: number) => {
    const [root, note] = await Promise.all([run(db, tenant, planRoot(size, signed)), noteOf(db, tenant, size)]);
    return { size, root: base64(root), note };
  };
  const [before, after, hashes] = await Promise.all([head(from), head(to), run(db, tenant, planConsistency(from, to))]);
  const signer = signerOf(tenant);
  return { tenant, origin: signer.name, key: verifierKey(signer), from: before, to: after, hashes: hashes.map(base64) };
}
