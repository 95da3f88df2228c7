/** An edge that keeps what passes, an audit worker over a real database, and the key to what they kept. */
import type { CaptureContent } from '@elida/contracts';
import { openInstallation, openSealed } from '@elida/kernel';
import { type Database, readCaptures } from '@elida/postgres';
import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import type { AuditUnderTest } from './audit.ts';
import { SECRET, type TestEdgeOptions } from './edge.ts';
import { edgeWith } from './edge-with.ts';
import type { Script } from './upstream.ts';

export interface CaptureOptions {
  readonly mode?: 'all' | 'flagged_only' | 'none';
  readonly bytesMax?: number;
  readonly perSessionMax?: number;
  readonly policies?: readonly unknown[];
  readonly more?: TestEdgeOptions;
}

const SETTINGS = { anonymousLoopback: true, providerKeyIdentity: true };

export const keepingEdge = (
  worker: AuditUnderTest,
  script: Script | undefined,
  { mode = 'all', bytesMax = 10_000, perSessionMax = 100, policies = [], more = {} }: CaptureOptions = {},
) =>
  edgeWith(script, {
    audit: (batch) => worker.queue.send(batch),
    ...more,
    snapshot: {
      settings: { ...SETTINGS, captureMode: mode, captureBytesMax: bytesMax, capturesPerSessionMax: perSessionMax },
      policies,
      ...more.snapshot,
    } as never,
  });

export interface Opened extends CaptureContent {
  readonly captureId: string;
  readonly exchange: string;
  readonly flagged: boolean;
}

/** All that is stored of a session, opened. */
export async function openedCaptures(db: Kysely<Database>, session: string, incarnation = 1): Promise<Opened[]> {
  const installation = openInstallation(SECRET);
  const rows = await readCaptures(db, { session, incarnation, limit: 1_000 });
  return rows.map((row) => {
    const { tenant, exchange, flagged, capture_id: captureId } = row;
    const text = openSealed(installation, { tenant, session, incarnation, exchange, id: captureId }, row.sealed);
    if (text === null) throw new Error(`the capture ${captureId} cannot be opened`);
    return { ...(JSON.parse(text) as CaptureContent), captureId, exchange, flagged };
  });
}

/** Waits until so many are there. */
export async function captured(db: Kysely<Database>, session: string, count: number): Promise<Opened[]> {
  await expect
    .poll(async () => (await openedCaptures(db, session)).length, { timeout: 15_000, interval: 50 })
    .toBeGreaterThanOrEqual(count);
  return openedCaptures(db, session);
}
