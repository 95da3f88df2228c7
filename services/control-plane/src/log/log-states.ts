/** How the logs stand: what was signed, what waits, and what is not as it should be. */
import { type LogView, toInstant } from '@elida/contracts/api';
import type { Clock } from '@elida/kernel';
import {
  lastCheckpoints,
  logSize,
  readHeads,
  readRemovals,
  readTiles,
  readWaiting,
  waitingTenants,
} from '@elida/postgres';
import { planRoot, type SignerOf, verifierKey } from '@elida/record';
import type { Db } from '../ports.ts';
import { eventsOf } from '../record/event-rows.ts';
import { checkpointViewOf } from './checkpoint-view.ts';
import { isOurs } from './is-ours.ts';

export interface LogParts {
  readonly db: Db;
  readonly signerOf: SignerOf;
  readonly clock: Clock;
}

type Alarm = LogView['alarms'][number];

/** An event that has waited so long waits for somebody who does not work. */
const STALLED_MS = 120_000;
const ROLLED_BACK_MAX = 10;

/** Tenants that have a log, or will have one. @throws Fault database_unavailable. */
export async function tenantsWithLog(db: Db): Promise<string[]> {
  const [signed, waiting] = await Promise.all([lastCheckpoints(db), waitingTenants(db)]);
  return [...new Set([...signed.map(({ tenant }) => tenant), ...waiting])].sort();
}

/** @throws Fault database_unavailable. */
export async function logView({ db, signerOf, clock }: LogParts, tenant: string): Promise<LogView> {
  const now = clock.now();
  const [[head], size, waiting, removals, told] = await Promise.all([
    readHeads(db, tenant, { limit: 1 }),
    logSize(db, tenant),
    readWaiting(db, tenant),
    readRemovals(db, tenant, '0'),
    toldAlarms(db, tenant),
  ]);
  const signer = signerOf(tenant);
  const alarms = [...told];
  const seen = (name: Alarm['name'], detail: string): unknown => alarms.push({ name, at: toInstant(now), detail });
  const signed = head?.size ?? 0;
  if (size > signed) seen('unsigned', `${size - signed} entries stand behind the last checkpoint, which has ${signed}`);
  const root = await rootOf(db, tenant, signed);
  if (root === null || (head && !head.root.equals(root))) seen('altered', 'its tree is not the one that was signed');
  if (head && !isOurs(head, signer))
    seen('altered', 'its last checkpoint is not signed by the key of this installation');
  const lagMs = waiting.oldest === null ? 0 : Math.max(0, Math.round(now - waiting.oldest.getTime()));
  if (lagMs > STALLED_MS) seen('stalled', 'events wait for their place: does an audit worker run?');
  return {
    tenant,
    origin: signer.name,
    key: verifierKey(signer),
    size: signed,
    root: Buffer.from(root ?? head?.root ?? []).toString('base64'),
    checkpoint: head ? checkpointViewOf(head) : null,
    waiting: waiting.events,
    lag_ms: lagMs,
    removed: removals.flatMap(({ removed }) => removed).reduce((sum, { from, to }) => sum + to - from, 0),
    alarms,
  };
}

/** That the tiles lead to. Null: they do not. */
async function rootOf(db: Db, tenant: string, size: number): Promise<Uint8Array | null> {
  const { tiles, finish } = planRoot(size, size);
  try {
    return finish(await readTiles(db, tenant, tiles));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Those that audit workers gave: what they know lies outside of the database. */
async function toldAlarms(db: Db, tenant: string): Promise<Alarm[]> {
  const rows = await eventsOf(db, { tenant, type: 'audit_gap', severity: 'critical' })
    .where(({ eb, fn, val }) =>
      eb(fn<string>('jsonb_extract_path_text', ['data', val('reason')]), 'in', ['rolled_back', 'altered', 'forged']),
    )
    .orderBy('id', 'desc')
    .limit(ROLLED_BACK_MAX)
    .execute();
  return rows.map(({ occurred_at, data }) => ({
    name: data.reason === 'rolled_back' ? 'rolled_back' : 'altered',
    at: occurred_at.toISOString(),
    detail: `an audit worker refused the log: leaves ${String(data.from_seq)} to ${String(data.to_seq)}`,
  }));
}
